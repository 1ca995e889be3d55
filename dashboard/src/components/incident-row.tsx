import type { ReactNode } from 'react'
import type { WireIncidentRow } from '../../../analyzer/api/wire.ts'
import { formatCount } from '../lib/format-share.ts'
import { Edge } from './edge.tsx'
import { IncidentState } from './incident-state.tsx'
import { Link } from './link.tsx'
import { HappeningMark, SeverityMark } from './marks.tsx'
import { Sparkline } from './sparkline.tsx'
import { Ago, Since } from './time-text.tsx'

interface IncidentRowProps {
  readonly incident: WireIncidentRow
  /** Stands under the row of its outage. */
  readonly part?: boolean
}

export function IncidentRow({ incident, part = false }: IncidentRowProps): ReactNode {
  return (
    <tr data-part={part ? '' : undefined}>
      <td className="severity">
        <SeverityMark severity={incident.severity} />
        <IncidentState incident={incident} />
      </td>
      <td className="what">
        <Link to={{ page: 'incident', id: incident.id }} row className="row-link">
          {incident.title}
        </Link>
        <Edge incident={incident} />
        <p className="cause clamp" title={incident.cause}>
          {incident.cause}
        </p>
      </td>
      <td className="wide-only trend">
        <Sparkline counts={incident.sparkline} />
      </td>
      <td className="number count">
        {formatCount(incident.count)}
        {incident.counted === 'minutes' && <small> min</small>}
      </td>
      <td className="wide-only first-seen">
        <Ago at={incident.firstSeen} />
      </td>
      <td className="last-seen">
        <Ago at={incident.lastSeen} />
        <HappeningMark incident={incident} />
        <Since at={incident.firstSeen} />
      </td>
    </tr>
  )
}
