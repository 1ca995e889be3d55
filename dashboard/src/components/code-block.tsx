import type { ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'

interface CodeBlockProps {
  readonly text: string
  /** What is copied, for the button's name. */
  readonly label: string
}

export function CodeBlock({ text, label }: CodeBlockProps): ReactNode {
  return (
    <div className="code-block">
      {/* Focusable, because a long line can only be scrolled by keyboard from inside. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  )
}
