import { useState, type ReactNode } from 'react'
import type { WireBucket, WireOverview } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { formatAxisTime, formatIso } from '../lib/format-time.ts'
import {
  CHART_OUTCOMES,
  stackBuckets,
  sumOutcomes,
  type ChartOutcome,
  type StackedBucket,
} from '../lib/stack-buckets.ts'
import { scaleCounts, type AxisTick } from '../lib/time-axis.ts'
import { MarkerLines, MarkerList } from './chart-markers.tsx'
import { OutcomeTable } from './outcome-table.tsx'

const CHART_WORDS: Readonly<Record<ChartOutcome, string>> = {
  ok: 'OK',
  rescued: 'Rescued',
  other: 'Rejected or unknown',
  cancelled: 'Cancelled',
  failed: 'Failed',
}

interface ChartTimesProps {
  readonly buckets: readonly WireBucket[]
  readonly windowMs: number
}

/** Requests over time by outcome; the same figures as a table for who cannot see it. */
export function OutcomeChart({ overview }: { readonly overview: WireOverview }): ReactNode {
  const { buckets, windowMs, markers } = overview
  const [hovered, setHovered] = useState<number | undefined>(undefined)
  const stacked = stackBuckets(buckets)
  const startMs = Date.parse(buckets[0]?.start ?? '')
  const { top, ticks } = scaleCounts(Math.max(0, ...stacked.map((bucket) => bucket.total)))
  const shown = hovered === undefined ? undefined : buckets[hovered]
  const sums = shown ?? sumOutcomes(buckets)
  return (
    <section className="panel chart" aria-labelledby="chart-title">
      <header className="panel-header">
        <h2 id="chart-title">Requests by outcome</h2>
        <p className="chart-when">
          {shown === undefined ? 'whole window' : describeBucket(shown, buckets, windowMs)}
        </p>
        <ul className="legend">
          {CHART_OUTCOMES.toReversed().map((outcome) => (
            <li key={outcome}>
              <svg width="12" height="12" aria-hidden="true" className="legend-key">
                <rect width="12" height="12" className={`part part-${outcome}`} />
              </svg>
              {CHART_WORDS[outcome]} <b>{formatCount(sums[outcome])}</b>
            </li>
          ))}
        </ul>
      </header>
      <div className="chart-body" onPointerLeave={() => setHovered(undefined)}>
        <ChartScale ticks={ticks} />
        <svg
          className="chart-plot"
          role="img"
          aria-label={describeChart(stacked)}
          width="100%"
          height="100%"
        >
          <ChartPatterns />
          {ticks.map(({ value, percent }) => (
            <line
              key={value}
              className={value === 0 ? 'axis' : 'grid'}
              x1="0"
              x2="100%"
              y1={`${100 - percent}%`}
              y2={`${100 - percent}%`}
            />
          ))}
          {stacked.map((bucket, index) => (
            <ChartBar
              key={bucket.start}
              bucket={bucket}
              place={{ index, count: stacked.length, top }}
              onHover={() => setHovered(index)}
            />
          ))}
          <MarkerLines markers={markers} startMs={startMs} windowMs={windowMs} />
        </svg>
        <ChartTimes buckets={buckets} windowMs={windowMs} />
      </div>
      <MarkerList markers={markers} />
      <OutcomeTable buckets={buckets} words={CHART_WORDS} />
    </section>
  )
}

interface ChartBarProps {
  readonly bucket: StackedBucket
  readonly place: { readonly index: number; readonly count: number; readonly top: number }
  readonly onHover: () => void
}

function ChartBar({ bucket, place, onHover }: ChartBarProps): ReactNode {
  const step = 100 / place.count
  const x = place.index * step
  return (
    <g className="bar" onPointerEnter={onHover}>
      <rect className="bar-hit" x={`${x}%`} y="0" width={`${step}%`} height="100%" />
      {bucket.parts.map(({ outcome, from, to }) => (
        <rect
          key={outcome}
          className={`part part-${outcome}`}
          x={`${x + step * 0.1}%`}
          width={`${step * 0.8}%`}
          y={`${100 - (to / place.top) * 100}%`}
          height={`${((to - from) / place.top) * 100}%`}
        />
      ))}
    </g>
  )
}

/** Textures beside the colours: failures are hatched, what nobody is to blame for is dotted. */
function ChartPatterns(): ReactNode {
  return (
    <defs>
      <pattern id="hatch-failed" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" className="hatch-ground" />
        <path d="M-1.5 1.5l3-3M0 6l6-6M4.5 7.5l3-3" className="hatch-line" />
      </pattern>
      <pattern id="dots-cancelled" width="4" height="4" patternUnits="userSpaceOnUse">
        <circle cx="1.2" cy="1.2" r="1" className="dots-mark" />
      </pattern>
    </defs>
  )
}

function ChartScale({ ticks }: { readonly ticks: readonly AxisTick[] }): ReactNode {
  return (
    <div className="chart-scale" aria-hidden="true">
      {ticks.toReversed().map(({ value }) => (
        <span key={value}>{formatCount(value)}</span>
      ))}
    </div>
  )
}

function ChartTimes({ buckets, windowMs }: ChartTimesProps): ReactNode {
  const at = [0, 0.25, 0.5, 0.75].map((part) => buckets[Math.floor(buckets.length * part)])
  return (
    <div className="chart-times" aria-hidden="true">
      {at.map((bucket, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index}>
          {bucket === undefined ? '' : formatAxisTime(Date.parse(bucket.start), windowMs)}
        </span>
      ))}
      <span>now</span>
    </div>
  )
}

function describeBucket(
  bucket: WireBucket,
  buckets: readonly WireBucket[],
  windowMs: number,
): string {
  const startMs = Date.parse(bucket.start)
  const endMs = startMs + windowMs / Math.max(1, buckets.length)
  if (!Number.isFinite(endMs)) return formatIso(startMs)
  return `${formatAxisTime(startMs, 0)} – ${formatAxisTime(endMs, 0)}`
}

function describeChart(buckets: readonly StackedBucket[]): string {
  const total = buckets.reduce((sum, bucket) => sum + bucket.total, 0)
  return `${formatPlural(total, 'request')} over time by outcome; the table below has the figures`
}
