import type { ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { formatCoarse } from '../lib/format-duration.ts'
import { describeMarker } from '../lib/history.ts'
import { Glyph } from './glyph.tsx'

/** The last change before it began: the first thing that anybody asks. The history has them all. */
export function MarkersBefore({ incident }: { readonly incident: WireIncident }): ReactNode {
  const [last] = incident.markers
  if (last === undefined) return null
  const beforeMs = Date.parse(incident.firstSeen) - Date.parse(last.at)
  return (
    <p className="changed" data-tone="medium">
      <Glyph name="diamond" />
      {describeMarker(last)}, first seen{' '}
      {beforeMs > 0 ? `${formatCoarse(beforeMs)} before` : 'with'} the first of these requests
    </p>
  )
}
