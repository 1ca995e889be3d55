import type { ReactNode } from 'react'
import type { WireIncidentList, WireIncidentRow, WireOverview } from '../../../analyzer/api/wire.ts'
import { EmptyNote } from '../components/empty-note.tsx'
import { IncidentTable } from '../components/incident-table.tsx'
import { Link } from '../components/link.tsx'
import { NoIncidents } from '../components/no-incidents.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { SearchField } from '../components/search-field.tsx'
import { Segmented } from '../components/segmented.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { formatPlural } from '../lib/format-share.ts'
import { filterIncidents, sortIncidents, type IncidentFilter } from '../lib/incident-list.ts'
import { replaceAddress } from '../lib/location.ts'
import { SEVERITY_FILTERS, toPath, type SeverityFilter } from '../lib/route.ts'
import { useResource } from '../lib/use-resource.ts'
import { useSteadyList } from '../lib/use-steady-list.ts'

const FILTER_WORDS: Readonly<Record<SeverityFilter, string>> = {
  all: 'All',
  high: 'High',
  medium: 'Medium',
}

export function IncidentsPage({ text, severity }: IncidentFilter): ReactNode {
  const resource = useResource<WireIncidentList>('incidents')
  return (
    <>
      <PageHeader title="Incidents">
        <SearchField
          label="Filter by title, route, cause"
          value={text}
          onChange={(value) => replaceAddress(toPath({ page: 'incidents', text: value, severity }))}
        />
        <Segmented
          label="Severity"
          options={SEVERITY_FILTERS.map((option) => ({
            word: FILTER_WORDS[option],
            to: { page: 'incidents', text, severity: option },
            current: option === severity,
          }))}
        />
      </PageHeader>
      <ResourceView resource={resource} skeleton={<Skeleton shape="row" count={8} />}>
        {({ incidents }) =>
          incidents.length === 0 ? (
            <NoneAtAll />
          ) : (
            <Incidents incidents={incidents} filter={{ text, severity }} />
          )
        }
      </ResourceView>
    </>
  )
}

interface IncidentsProps {
  readonly incidents: readonly WireIncidentRow[]
  readonly filter: IncidentFilter
}

function Incidents({ incidents, filter }: IncidentsProps): ReactNode {
  const found = sortIncidents(filterIncidents(incidents, filter))
  const list = useSteadyList(found, keyOf, `${filter.severity} ${filter.text}`)
  return (
    <>
      <output className="list-summary">
        {found.length === incidents.length
          ? formatPlural(incidents.length, 'incident')
          : `${found.length} of ${formatPlural(incidents.length, 'incident')}`}
        , most severe first, then the newest
      </output>
      {list.items.length === 0 && list.waiting === 0 ? (
        <EmptyNote title="No incident matches this filter">
          <p>
            {formatPlural(incidents.length, 'incident')} were looked at.{' '}
            <Link to={{ page: 'incidents', text: '', severity: 'all' }}>Clear the filter</Link>
          </p>
        </EmptyNote>
      ) : (
        <div className="panel">
          <IncidentTable list={list} caption="Incidents" />
        </div>
      )}
    </>
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

function keyOf(incident: WireIncidentRow): string {
  return incident.id
}
