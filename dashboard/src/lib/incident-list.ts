import type { WireIncidentRow, WireSeverity } from '../../../analyzer/api/wire.ts'
import type { SeverityFilter } from './route.ts'

const SEVERITY_RANK: Readonly<Record<WireSeverity, number>> = { high: 0, medium: 1, info: 2 }

/** High before medium before info, then the newest first; equal rows keep one order. */
export function sortIncidents(incidents: readonly WireIncidentRow[]): readonly WireIncidentRow[] {
  return incidents.toSorted(
    (left, right) =>
      SEVERITY_RANK[left.severity] - SEVERITY_RANK[right.severity] ||
      Date.parse(right.lastSeen) - Date.parse(left.lastSeen) ||
      (left.id < right.id ? -1 : 1),
  )
}

export interface IncidentFilter {
  readonly text: string
  readonly severity: SeverityFilter
}

/** Every word must be found somewhere in what the row shows. */
export function filterIncidents(
  incidents: readonly WireIncidentRow[],
  { text, severity }: IncidentFilter,
): readonly WireIncidentRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return incidents.filter((incident) => {
    if (severity !== 'all' && incident.severity !== severity) return false
    if (words.length === 0) return true
    const haystack = searchedText(incident)
    return words.every((word) => haystack.includes(word))
  })
}

/** The first call and what it was to fall back to, in one line. */
export function describeEdge(incident: WireIncidentRow): string {
  const { from, to } = incident.edge
  const start = from ?? incident.route ?? 'unknown route'
  return to === null ? start : `${start} → ${to}`
}

function searchedText(incident: WireIncidentRow): string {
  const { title, rule, source, provider, cause, summary, state, id } = incident
  return [title, rule, source, provider ?? '', cause, summary, state, id, describeEdge(incident)]
    .join('\n')
    .toLowerCase()
}
