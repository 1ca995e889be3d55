import type { ReactNode } from 'react'
import type { WireIncidentRow } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import type { HeldList } from '../lib/use-steady-list.ts'
import { Edge } from './edge.tsx'
import { Link } from './link.tsx'
import { HappeningMark, SeverityMark, StateMark } from './marks.tsx'
import { Sparkline } from './sparkline.tsx'
import { Ago } from './time-text.tsx'

interface IncidentTableProps {
  readonly list: HeldList<WireIncidentRow>
  readonly caption: string
  readonly compact?: boolean
}

export function IncidentTable({ list, caption, compact = false }: IncidentTableProps): ReactNode {
  return (
    <div className="list" {...list.holdProps}>
      <table className={compact ? 'incidents incidents-compact' : 'incidents'}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">Incident</th>
            <th scope="col" className="wide-only">
              Trend
            </th>
            <th scope="col" className="number">
              Count
            </th>
            <th scope="col" className="wide-only first-seen">
              First seen
            </th>
            <th scope="col" className="last-seen">
              Last seen
            </th>
          </tr>
        </thead>
        <tbody>
          {list.items.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </tbody>
      </table>
      <output className="waiting">
        {list.waiting > 0 && (
          <button type="button" className="button" onClick={list.letIn}>
            {formatPlural(list.waiting, 'new incident')}: show
          </button>
        )}
      </output>
    </div>
  )
}

function IncidentRow({ incident }: { readonly incident: WireIncidentRow }): ReactNode {
  return (
    <tr>
      <td className="severity">
        <SeverityMark severity={incident.severity} />
        <StateMark state={incident.state} />
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
      <td className="number count">{formatCount(incident.count)}</td>
      <td className="wide-only first-seen">
        <Ago at={incident.firstSeen} />
      </td>
      <td className="last-seen">
        <Ago at={incident.lastSeen} />
        <HappeningMark incident={incident} />
      </td>
    </tr>
  )
}
