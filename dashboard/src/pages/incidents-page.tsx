import type { ReactNode } from 'react'
import type { WireIncidentList, WireOverview } from '../../../analyzer/api/wire.ts'
import { EmptyNote } from '../components/empty-note.tsx'
import { FormerIncidents } from '../components/former-incidents.tsx'
import { IncidentTable } from '../components/incident-table.tsx'
import { Link } from '../components/link.tsx'
import { NoIncidents } from '../components/no-incidents.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { SearchField } from '../components/search-field.tsx'
import { Segmented } from '../components/segmented.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { StillDeriving } from '../components/still-deriving.tsx'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { countStates, filterFormer, filterIncidents, sortIncidents } from '../lib/incident-list.ts'
import { replaceAddress } from '../lib/location.ts'
import {
  OPEN_INCIDENTS,
  SEVERITY_FILTERS,
  STATE_FILTERS,
  toPath,
  type Route,
  type SeverityFilter,
  type StateFilter,
} from '../lib/route.ts'
import { useResource } from '../lib/use-resource.ts'
import { STATE_WORDS } from '../lib/words.ts'

type IncidentsRoute = Extract<Route, { page: 'incidents' }>

const SEVERITY_FILTER_WORDS: Readonly<Record<SeverityFilter, string>> = {
  all: 'All',
  high: 'High',
  medium: 'Medium',
}

const STATE_FILTER_WORDS: Readonly<Record<StateFilter, string>> = { ...STATE_WORDS, all: 'All' }

/** Outages are told apart over a day: whoever comes in the morning looks at the night. */
const WINDOW = '24h'

export function IncidentsPage({ route }: { readonly route: IncidentsRoute }): ReactNode {
  const resource = useResource<WireIncidentList>(toQuery(route), { keepLast: true })
  const { text, severity, state } = route
  const states = resource.data?.states
  return (
    <>
      <PageHeader title="Incidents">
        <SearchField
          label="Filter by title, route, cause"
          value={text}
          onChange={(value) => replaceAddress(toPath({ ...route, text: value }))}
        />
        <Segmented
          label="Severity"
          options={SEVERITY_FILTERS.map((option) => ({
            word: SEVERITY_FILTER_WORDS[option],
            to: { ...route, severity: option },
            current: option === severity,
          }))}
        />
      </PageHeader>
      <Segmented
        label="State"
        options={STATE_FILTERS.map((option) => ({
          word: STATE_FILTER_WORDS[option],
          count: states === undefined ? '' : formatCount(countStates(states, option)),
          to: { ...route, state: option },
          current: option === state,
        }))}
      />
      <ResourceView resource={resource} skeleton={<Skeleton shape="row" count={8} />}>
        {(list) => (
          <div data-outdated={resource.outdated ? '' : undefined} className="outdated-view">
            {countStates(list.states, 'all') === 0 ? (
              <NoneAtAll />
            ) : (
              <Incidents list={list} route={route} />
            )}
            <FormerIncidents former={filterFormer(list.former, route)} more={list.formerMore} />
          </div>
        )}
      </ResourceView>
    </>
  )
}

interface IncidentsProps {
  readonly list: WireIncidentList
  readonly route: IncidentsRoute
}

function Incidents({ list, route }: IncidentsProps): ReactNode {
  const { incidents } = list
  const found = sortIncidents(filterIncidents(incidents, route))
  if (found.length === 0) return <NoneFound list={list} route={route} />
  return (
    <>
      <output className="list-summary">
        {found.length === incidents.length
          ? formatPlural(incidents.length, 'incident')
          : `${found.length} of ${formatPlural(incidents.length, 'incident')}`}
        , most severe first, then the newest
        {list.cut && '; there are more than can be shown: narrow the state'}
        {list.deriving && '; verdicts are being derived anew, others are still to come'}
      </output>
      <div className="panel">
        <IncidentTable incidents={found} route={route} window={WINDOW} caption="Incidents" />
      </div>
    </>
  )
}

function NoneFound({ list, route }: IncidentsProps): ReactNode {
  const total = countStates(list.states, 'all')
  // Silence is no all-clear while half of the verdicts are missing.
  if (list.deriving) return <StillDeriving />
  if (toPath({ ...route, outages: [] }) === toPath(OPEN_INCIDENTS)) {
    return (
      <EmptyNote title="No incident is open">
        <p>
          {formatPlural(total, 'incident')} are resolved or muted.{' '}
          <Link to={{ ...OPEN_INCIDENTS, state: 'all' }}>Show all</Link>
        </p>
      </EmptyNote>
    )
  }
  return (
    <EmptyNote title="No incident matches this filter">
      <p>
        {formatPlural(list.incidents.length, 'incident')} were looked at.{' '}
        <Link to={OPEN_INCIDENTS}>Clear the filter</Link>
      </p>
    </EmptyNote>
  )
}

function NoneAtAll(): ReactNode {
  const resource = useResource<WireOverview>('overview?window=24h')
  return (
    <ResourceView resource={resource} skeleton={<Skeleton shape="panel" />}>
      {({ health, requests }) => <NoIncidents health={health} requests={requests} />}
    </ResourceView>
  )
}

function toQuery({ state }: IncidentsRoute): string {
  const query = new URLSearchParams({ window: WINDOW })
  if (state === 'open') query.set('state', 'open,acknowledged,regressed')
  else if (state !== 'all') query.set('state', state)
  return `incidents?${query.toString()}`
}
