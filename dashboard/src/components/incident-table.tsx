import { useState, type ReactNode } from 'react'
import type { WireIncidentRow } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { groupByEpisode, type IncidentGroup } from '../lib/incident-list.ts'
import type { TimeWindow } from '../lib/route.ts'
import { useEpisodes } from '../lib/use-episodes.ts'
import { useSteadyList } from '../lib/use-steady-list.ts'
import { EpisodeRow } from './episode-row.tsx'
import { IncidentRow } from './incident-row.tsx'

interface IncidentTableProps {
  /** In the order in which they are shown. */
  readonly incidents: readonly WireIncidentRow[]
  /** Names the filter: another one is another list. */
  readonly view: string
  readonly window: TimeWindow
  readonly caption: string
  /** Rows at most, where the whole list is elsewhere. */
  readonly limit?: number
  readonly compact?: boolean
}

/** Incidents, and those of one outage under one row. It holds still under the pointer. */
export function IncidentTable(props: IncidentTableProps): ReactNode {
  const { incidents, view, window, caption, limit, compact = false } = props
  const list = useSteadyList(groupByEpisode(incidents).slice(0, limit), keyOf, view)
  const episodes = useEpisodes(window)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggle = (key: string): void =>
    setOpened((before) => {
      const after = new Set(before)
      if (!after.delete(key)) after.add(key)
      return after
    })
  return (
    <div className="list" {...list.holdProps}>
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
