import type { ReactNode } from 'react'

interface EmptyNoteProps {
  readonly title: string
  readonly children?: ReactNode
}

/** Why there is nothing, what was looked at, and what to do next. */
export function EmptyNote({ title, children }: EmptyNoteProps): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}
