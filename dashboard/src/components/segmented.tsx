import type { ReactNode } from 'react'
import type { Route } from '../lib/route.ts'
import { Link } from './link.tsx'

interface SegmentedProps {
  readonly label: string
  readonly options: readonly {
    readonly word: string
    /** How many there are of it; empty where that is not known yet. */
    readonly count?: string
    readonly to: Route
    readonly current: boolean
  }[]
}

/** A choice of a few: links, because every choice is a URL. */
export function Segmented({ label, options }: SegmentedProps): ReactNode {
  return (
    <nav className="segmented" aria-label={label}>
      {options.map(({ word, count, to, current }) => (
        <Link key={word} to={to} aria-current={current ? 'true' : undefined}>
          {word}
          {count !== undefined && <small> {count}</small>}
        </Link>
      ))}
    </nav>
  )
}
