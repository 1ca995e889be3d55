import type { ReactNode } from 'react'

/** A page of ours, which goes with the dashboard as plain text. */
const OWN_PAGE = /^docs\/rules\/([a-z0-9-]+)\.md$/

/** A link from data: http, https and our own pages become one, anything else stays text. */
export function SafeLink({ href, label }: { href: string; label: string }): ReactNode {
  const [, own] = OWN_PAGE.exec(href) ?? []
  if (own === undefined && !/^https?:\/\//i.test(href)) return <code>{href}</code>
  return (
    <a href={own === undefined ? href : `/docs/rules/${own}.txt`} target="_blank" rel="noreferrer">
      {label}
    </a>
  )
}
