import { useEffect, useState, type ReactNode } from 'react'
import type { WireRequestList } from '../../../analyzer/api/wire.ts'
import { EmptyNote } from '../components/empty-note.tsx'
import { Link } from '../components/link.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { requestKey, RequestTable } from '../components/request-table.tsx'
import { ResourceView } from '../components/resource-view.tsx'
import { SearchField } from '../components/search-field.tsx'
import { Segmented } from '../components/segmented.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { LocalTime } from '../components/time-text.tsx'
import { replaceAddress } from '../lib/location.ts'
import { ALL_REQUESTS, OUTCOME_FILTERS, OVERVIEW, toPath, type Route } from '../lib/route.ts'
import { useResource } from '../lib/use-resource.ts'
import { useSteadyList } from '../lib/use-steady-list.ts'
import { OUTCOME_WORDS } from '../lib/words.ts'

type RequestsRoute = Extract<Route, { page: 'requests' }>

/** One screen and a half; older ones are a click away. */
const PAGE_ROWS = 50
/** After the last key: a query for each letter would only be thrown away. */
const TYPING_MS = 250

export function RequestsPage({ route }: { readonly route: RequestsRoute }): ReactNode {
  const resource = useResource<WireRequestList>(toQuery(route), { keepLast: true })
  return (
    <>
      <PageHeader title="Requests">
        <RequestSearch route={route} />
        <Segmented
          label="Outcome"
          options={OUTCOME_FILTERS.map((option) => ({
            word: option === 'all' ? 'All' : OUTCOME_WORDS[option],
            to: { ...route, outcome: option, before: '' },
            current: option === route.outcome,
          }))}
        />
      </PageHeader>
      <ActiveFilters route={route} />
      <ResourceView resource={resource} skeleton={<Skeleton shape="row" count={8} />}>
        {(list) => (
          <div data-outdated={resource.outdated ? '' : undefined} className="outdated-view">
            <Requests list={list} route={route} />
          </div>
        )}
      </ResourceView>
    </>
  )
}

function RequestSearch({ route }: { readonly route: RequestsRoute }): ReactNode {
  const [draft, setDraft] = useState<string | undefined>(undefined)
  useEffect(() => {
    if (draft === undefined) return undefined
    const timer = setTimeout(() => {
      replaceAddress(toPath({ ...route, text: draft, before: '' }))
      setDraft(undefined)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [draft, route])
  return (
    <SearchField
      label="Filter by route, model, error"
      value={draft ?? route.text}
      onChange={setDraft}
    />
  )
}

/** Filters that another page set: named, and each with its way out. */
function ActiveFilters({ route }: { readonly route: RequestsRoute }): ReactNode {
  const filters = [
    { name: 'class', value: route.rule, without: { ...route, rule: '', before: '' } },
    { name: 'route', value: route.route, without: { ...route, route: '', before: '' } },
    { name: 'older than', value: route.before, without: { ...route, before: '' } },
  ].filter(({ value }) => value !== '')
  if (filters.length === 0) return null
  return (
    <ul className="active-filters" aria-label="Filters">
      {filters.map(({ name, value, without }) => (
        <li key={name}>
          <Link to={without} title={`Remove the filter ${name}`}>
            {name}: <b>{value}</b> <span aria-hidden="true">×</span>
            <span className="visually-hidden">remove</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

interface RequestsProps {
  readonly list: WireRequestList
  readonly route: RequestsRoute
}

function Requests({ list, route }: RequestsProps): ReactNode {
  const held = useSteadyList(list.requests, requestKey, toPath(route))
  const isEmpty = held.items.length === 0 && held.waiting === 0
  if (isEmpty && list.searchedBackTo === null) return <NoRequests route={route} />
  return (
    <>
      {!isEmpty && (
        <div className="panel">
          <RequestTable list={held} />
        </div>
      )}
      <nav className="pager" aria-label="Pages">
        {route.before !== '' && <Link to={{ ...route, before: '' }}>Newest</Link>}
        {list.searchedBackTo !== null && <SearchedBackTo at={list.searchedBackTo} />}
        {list.next !== null && <Link to={{ ...route, before: list.next }}>Older</Link>}
      </nav>
    </>
  )
}

/** Words that are no name are looked for in the newest requests first: older ones may match too. */
function SearchedBackTo({ at }: { readonly at: string }): ReactNode {
  return (
    <output>
      <small>
        Searched back to <LocalTime at={at} />. Older requests may match too: go on with Older.
      </small>
    </output>
  )
}

function NoRequests({ route }: { readonly route: RequestsRoute }): ReactNode {
  if (toPath(route) === toPath(ALL_REQUESTS)) {
    return (
      <EmptyNote title="No request has settled yet">
        <p>
          A request is shown once its spans have come and settled: some seconds after its end. The{' '}
          <Link to={OVERVIEW}>overview</Link> tells whether spans arrive.
        </p>
      </EmptyNote>
    )
  }
  return (
    <EmptyNote title="No request matches">
      <p>
        Nothing stored fits this filter. <Link to={ALL_REQUESTS}>Show all requests</Link>
      </p>
    </EmptyNote>
  )
}

function toQuery(route: RequestsRoute): string {
  const query = new URLSearchParams({ limit: String(PAGE_ROWS) })
  if (route.outcome !== 'all') query.set('outcome', route.outcome)
  if (route.text !== '') query.set('q', route.text)
  if (route.route !== '') query.set('route', route.route)
  if (route.rule !== '') query.set('rule', route.rule)
  if (route.before !== '') query.set('before', route.before)
  return `requests?${query.toString()}`
}
