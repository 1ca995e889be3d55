import type { ReactNode } from 'react'
import type { WireBucket } from '../../../analyzer/api/wire.ts'
import { formatCount } from '../lib/format-share.ts'
import { CHART_OUTCOMES, type ChartOutcome } from '../lib/stack-buckets.ts'
import { LocalTime } from './time-text.tsx'

interface OutcomeTableProps {
  readonly buckets: readonly WireBucket[]
  readonly words: Readonly<Record<ChartOutcome, string>>
}

/** The chart in figures: only times in which something happened, newest first. */
export function OutcomeTable({ buckets, words }: OutcomeTableProps): ReactNode {
  const busy = buckets
    .filter((bucket) => CHART_OUTCOMES.some((outcome) => bucket[outcome] > 0))
    .toReversed()
  return (
    <details className="chart-table">
      <summary>Show as a table</summary>
      <div className="table-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              {CHART_OUTCOMES.map((outcome) => (
                <th key={outcome} scope="col" className="number">
                  {words[outcome]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {busy.map((bucket) => (
              <tr key={bucket.start}>
                <th scope="row">
                  <LocalTime at={bucket.start} />
                </th>
                {CHART_OUTCOMES.map((outcome) => (
                  <td key={outcome} className="number">
                    {formatCount(bucket[outcome])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
