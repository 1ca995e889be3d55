import type { ReactNode } from 'react'
import type { WireMarker } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { describeMarker } from '../lib/history.ts'
import { Glyph } from './glyph.tsx'
import { LocalTime } from './time-text.tsx'

/** A fleet that is replaced has a marker for each process. */
const MARKERS_LISTED = 5

interface MarkerLinesProps {
  readonly markers: readonly WireMarker[]
  /** Of the first bar. */
  readonly startMs: number
  readonly windowMs: number
}

/** Where something changed at a gateway, over the bars; the list below has the words. */
export function MarkerLines({ markers, startMs, windowMs }: MarkerLinesProps): ReactNode {
  return markers.map((marker) => {
    const percent = ((Date.parse(marker.at) - startMs) / windowMs) * 100
    if (!(percent >= 0 && percent <= 100)) return null
    return (
      <g key={keyOf(marker)} className="marker">
        <line x1={`${percent}%`} x2={`${percent}%`} y1="0" y2="100%" />
        <circle cx={`${percent}%`} cy="0" r="4" />
      </g>
    )
  })
}

/** The same in words, the latest first. */
export function MarkerList({ markers }: { readonly markers: readonly WireMarker[] }): ReactNode {
  if (markers.length === 0) return null
  const more = markers.length - MARKERS_LISTED
  return (
    <ul className="chart-markers" aria-label="Changes">
      {markers.slice(0, MARKERS_LISTED).map((marker) => (
        <li key={keyOf(marker)} data-tone="medium">
          <Glyph name="dot" />
          <LocalTime at={marker.at} /> {marker.source}: {describeMarker(marker)}
        </li>
      ))}
      {more > 0 && <li>and {formatPlural(more, 'earlier change')}</li>}
    </ul>
  )
}

function keyOf({ source, kind, at, to }: WireMarker): string {
  return `${source} ${kind} ${at} ${to}`
}
