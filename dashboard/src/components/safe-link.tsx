import type { ReactNode } from 'react'

/** A link from data: only http and https become one, anything else stays text. */
export function SafeLink({ href, label }: { href: string; label: string }): ReactNode {
  if (!/^https?:\/\//i.test(href)) return <code>{href}</code>
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {label}
    </a>
  )
}
