import type { ReactNode } from 'react'

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly detail: string
  readonly tone?: string
  readonly headline?: boolean
}

/** One number with its name and what it counts. */
export function Figure({ label, value, detail, tone, headline = false }: FigureProps): ReactNode {
  return (
    <div className={headline ? 'figure figure-headline' : 'figure'} data-tone={tone}>
      <dt>{label}</dt>
      <dd>
        <span className="figure-value">{value}</span>
        <span className="figure-detail">{detail}</span>
      </dd>
    </div>
  )
}
