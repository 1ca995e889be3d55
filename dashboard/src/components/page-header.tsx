import type { ReactNode } from 'react'
import { useTitle } from '../lib/use-title.ts'

interface PageHeaderProps {
  readonly title: string
  /** Of the browser's tab, where it should say more than the heading. */
  readonly tab?: string
  readonly above?: ReactNode
  readonly children?: ReactNode
}

export function PageHeader({ title, tab, above, children }: PageHeaderProps): ReactNode {
  useTitle(tab ?? title)
  return (
    <header className="page-header">
      <div className="page-heading">
        {above !== undefined && <div className="page-above">{above}</div>}
        <h1>{title}</h1>
      </div>
      {children !== undefined && <div className="page-actions">{children}</div>}
    </header>
  )
}
