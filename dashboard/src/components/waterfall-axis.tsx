import type { ReactNode } from 'react'
import { formatDurationMs } from '../lib/format-duration.ts'
import { niceTicks } from '../lib/time-axis.ts'

export function WaterfallAxis({ durationNs }: { readonly durationNs: number }): ReactNode {
  const durationMs = durationNs / 1_000_000
  return (
    <div className="waterfall-axis" aria-hidden="true">
      <span>Span</span>
      <svg width="100%" height="24">
        {niceTicks(durationMs, 5).map(({ value, percent }) => (
          <g key={value}>
            <line x1={`${percent}%`} x2={`${percent}%`} y1="16" y2="24" />
            <text x={`${percent}%`} y="13" textAnchor={anchorAt(percent)}>
              {formatDurationMs(value)}
            </text>
          </g>
        ))}
      </svg>
    </div>
  )
}

function anchorAt(percent: number): 'start' | 'middle' | 'end' {
  if (percent < 3) return 'start'
  return percent > 97 ? 'end' : 'middle'
}
