import type { ReactNode } from 'react'
import type { WireIncidentRow } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { groupByEpisode, type IncidentGroup } from '../lib/incident-list.ts'
import { navigateWithin } from '../lib/location.ts'
import { OPEN_INCIDENTS, toPath, type IncidentListRoute, type TimeWindow } from '../lib/route.ts'
import { useEpisodes } from '../lib/use-episodes.ts'
import { useSteadyList } from '../lib/use-steady-list.ts'
import { EpisodeRow } from './episode-row.tsx'
import { IncidentRow } from './incident-row.tsx'
import { Link } from './link.tsx'

interface IncidentTableProps {
  /** In the order in which they are shown. */
  readonly incidents: readonly WireIncidentRow[]
  /** The view that it stands in: another filter is another list, and its open rows are there. */
  readonly route: IncidentListRoute
  readonly window: TimeWindow
  readonly caption: string
  /** Rows at most, where the whole list is elsewhere. */
  readonly limit?: number
  readonly compact?: boolean
}

/** Incidents, and those of one outage under one row. It holds still under the pointer. */
export function IncidentTable(props: IncidentTableProps): ReactNode {
  const { incidents, route, window, caption, limit, compact = false } = props
  const groups = groupByEpisode(incidents).slice(0, limit)
  const list = useSteadyList(groups, keyOf, toPath({ ...route, outages: [] }))
  const episodes = useEpisodes(window)
  const opened = new Set(route.outages)
  const toggle = (key: string): void => {
    const others = route.outages.filter((outage) => outage !== key)
    const outages = opened.has(key) ? others : [...others, key]
    navigateWithin(toPath({ ...route, outages }))
  }
  return (
    <div className="list" {...list.holdProps}>
      {hasMissing(groups, opened) && <MissingOutage route={route} />}
      <table className={compact ? 'incidents incidents-compact' : 'incidents'}>
        <caption className="visually-hidden">{caption}</caption>
        <IncidentTableHead />
        <tbody>
          {list.items.map((group) =>
            group.kind === 'incident' ? (
              <IncidentRow key={group.key} incident={group.incident} />
            ) : (
              <EpisodeRow
                key={group.key}
                incidents={group.incidents}
                episode={episodes.get(group.key)}
                open={opened.has(group.key)}
                onToggle={() => toggle(group.key)}
              />
            ),
          )}
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

/** Whether a link opens what is not here. */
function hasMissing(groups: readonly IncidentGroup[], opened: ReadonlySet<string>): boolean {
  const here = new Set(
    groups.flatMap((group) =>
      group.kind === 'episode' ? [group.key] : (group.incident.episode ?? []),
    ),
  )
  return [...opened].some((outage) => !here.has(outage))
}

function MissingOutage({ route }: Pick<IncidentTableProps, 'route'>): ReactNode {
  const all = { ...OPEN_INCIDENTS, state: 'all', outages: route.outages } as const
  return (
    <p className="list-note">
      The outage that this link opens is not in this list: it may be over, or filtered out.{' '}
      {toPath(route) !== toPath(all) && <Link to={all}>Look among all incidents</Link>}
    </p>
  )
}

function IncidentTableHead(): ReactNode {
  return (
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
  )
}

function keyOf(group: IncidentGroup): string {
  return group.key
}
