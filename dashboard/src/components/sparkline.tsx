import type { ReactNode } from 'react'
import { formatPlural } from '../lib/format-share.ts'

const HEIGHT = 20
/** A bin with one request must be seen next to a bin with a thousand. */
const BAR_MIN = 2

/** Counts per bin as bars; the sum is beside it in words, so it is decoration with a name. */
export function Sparkline({ counts }: { readonly counts: readonly number[] }): ReactNode {
  const top = Math.max(1, ...counts)
  const step = 100 / Math.max(1, counts.length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return (
    <svg
      className="sparkline"
      width="96"
      height={HEIGHT}
      role="img"
      aria-label={`${formatPlural(total, 'request')} over time, at most ${top} in one bin`}
    >
      <line x1="0" x2="100%" y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      {counts.map((count, index) => {
        if (count <= 0) return null
        const height = Math.max(BAR_MIN, (count / top) * HEIGHT)
        return (
          <rect
            // A bin is its place.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            x={`${index * step}%`}
            y={HEIGHT - height}
            width={`${step * 0.76}%`}
            height={height}
          />
        )
      })}
    </svg>
  )
}
