import type { ReactNode } from 'react'

/** Longer messages are folded: a stack trace must not push the other column off the screen. */
const SHOWN_CHARS = 280

/** A provider's message, as it came, as text. */
export function ErrorText({ text }: { readonly text: string | undefined }): ReactNode {
  if (text === undefined || text === '') return null
  if (text.length <= SHOWN_CHARS) return <p className="error-text">{text}</p>
  return (
    <details className="error-text">
      <summary>
        {text.slice(0, SHOWN_CHARS)}…<span className="more">all {text.length} characters</span>
      </summary>
      {text}
    </details>
  )
}
