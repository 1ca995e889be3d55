import type {
  WireEpisode,
  WireIncidentList,
  WireIncidentRow,
  WireSeverity,
} from '../../../analyzer/api/wire.ts'
import type { SeverityFilter, StateFilter } from './route.ts'

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
  const words = wordsOf(text)
  return incidents.filter((incident) => {
    if (severity !== 'all' && incident.severity !== severity) return false
    if (words.length === 0) return true
    const haystack = searchedText(incident)
    return words.every((word) => haystack.includes(word))
  })
}

/** Of those nothing is known but what was done, and by whom: no severity, too. */
export function filterFormer(
  former: WireIncidentList['former'],
  { text, severity }: IncidentFilter,
): WireIncidentList['former'] {
  if (severity !== 'all') return []
  const words = wordsOf(text)
  return former.filter(({ id, done }) => {
    const said = done.flatMap(({ kind, by, note }) => [kind, by, note ?? ''])
    const haystack = [id, ...said].join('\n').toLowerCase()
    return words.every((word) => haystack.includes(word))
  })
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean)
}

/** How many a filter of the state leaves. */
export function countStates(states: WireIncidentList['states'], filter: StateFilter): number {
  const open = states.open + states.acknowledged + states.regressed
  if (filter === 'open') return open
  return filter === 'all' ? open + states.resolved + states.muted : states[filter]
}

/** One outage, or an incident that is part of none that others are part of, too. */
export type IncidentGroup =
  | { readonly kind: 'incident'; readonly key: string; readonly incident: WireIncidentRow }
  | {
      readonly kind: 'episode'
      readonly key: string
      /** Two or more, in the order of the list. */
      readonly incidents: readonly WireIncidentRow[]
    }

/** One outage, one row: it stands where the first of its incidents stood. */
export function groupByEpisode(incidents: readonly WireIncidentRow[]): readonly IncidentGroup[] {
  const episodes = new Map<string, WireIncidentRow[]>()
  for (const incident of incidents) {
    const key = incident.episode ?? incident.id
    const known = episodes.get(key)
    if (known === undefined) episodes.set(key, [incident])
    else known.push(incident)
  }
  return [...episodes].map(([key, [first, ...others]]): IncidentGroup => {
    if (first !== undefined && others.length === 0) {
      return { kind: 'incident', key: first.id, incident: first }
    }
    return { kind: 'episode', key, incidents: first === undefined ? [] : [first, ...others] }
  })
}

export interface EpisodeSum {
  /** Findings of many minutes are no requests, and are not added to them. */
  readonly count: number
  readonly firstSeen: string
  readonly lastSeen: string
  readonly stillHappening: boolean
  readonly sparkline: readonly number[]
}

/** The figures of an outage, of its incidents that are listed. */
export function sumEpisode(incidents: readonly WireIncidentRow[]): EpisodeSum {
  const ofRequests = incidents.filter(({ counted }) => counted === 'requests')
  const points = ofRequests[0]?.sparkline ?? []
  return {
    count: ofRequests.reduce((sum, { count }) => sum + count, 0),
    firstSeen: incidents.map(({ firstSeen }) => firstSeen).toSorted()[0] ?? '',
    lastSeen:
      incidents
        .map(({ lastSeen }) => lastSeen)
        .toSorted()
        .at(-1) ?? '',
    stillHappening: incidents.some(({ stillHappening }) => stillHappening),
    sparkline: points.map((_, at) =>
      ofRequests.reduce((sum, { sparkline }) => sum + (sparkline[at] ?? 0), 0),
    ),
  }
}

/** Where it is, and why: what the analyzer says of it, else what its incidents have in common. */
export function describeEpisode(
  incidents: readonly WireIncidentRow[],
  episode: WireEpisode | undefined,
): string {
  const [first] = incidents
  const providers = episode?.providers ?? [
    ...new Set(incidents.flatMap((row) => row.provider ?? [])),
  ]
  return [
    [first?.source, ...providers].join(', '),
    ...(episode === undefined
      ? []
      : [episode.rootCauses.join(', '), episode.deployments.join(', ')]),
  ]
    .filter((text) => text !== '' && text !== undefined)
    .join(' · ')
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
