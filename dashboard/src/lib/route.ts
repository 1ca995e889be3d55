/** Every view is a URL: this is the whole list of them, both ways. */
export type Route =
  | { readonly page: 'overview'; readonly window: TimeWindow; readonly outages: readonly string[] }
  | {
      readonly page: 'incidents'
      readonly text: string
      readonly severity: SeverityFilter
      readonly state: StateFilter
      readonly outages: readonly string[]
    }
  | { readonly page: 'incident'; readonly id: string }
  | {
      readonly page: 'requests'
      readonly text: string
      readonly outcome: OutcomeFilter
      readonly route: string
      readonly rule: string
      readonly before: string
    }
  | { readonly page: 'traces' }
  | { readonly page: 'trace'; readonly id: string; readonly span: string }
  | { readonly page: 'rules' }
  | { readonly page: 'not-found'; readonly path: string }

/** A list of incidents; `outages`: those whose rows are open. */
export type IncidentListRoute = Extract<Route, { readonly outages: readonly string[] }>

/** More open rows than anybody reads at once. */
const OUTAGES_MAX = 20

export const TIME_WINDOWS = ['15m', '1h', '24h', '7d'] as const
export type TimeWindow = (typeof TIME_WINDOWS)[number]

export const SEVERITY_FILTERS = ['all', 'high', 'medium'] as const
export type SeverityFilter = (typeof SEVERITY_FILTERS)[number]

/** `open`: what somebody still has to see to, acknowledged or regressed as it may be. */
export const STATE_FILTERS = [
  'open',
  'acknowledged',
  'regressed',
  'resolved',
  'muted',
  'all',
] as const
export type StateFilter = (typeof STATE_FILTERS)[number]

export const OUTCOME_FILTERS = [
  'all',
  'ok',
  'rescued',
  'failed',
  'cancelled',
  'rejected',
  'unknown',
] as const
export type OutcomeFilter = (typeof OUTCOME_FILTERS)[number]

/** The view that a path and its query stand for; unknown values fall back to the default. */
export function parseRoute(pathname: string, search: string): Route {
  const query = new URLSearchParams(search)
  const [first = '', second, ...rest] = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart)
  if (rest.length > 0) return { page: 'not-found', path: pathname }
  if (second !== undefined) return parseDetail({ first, id: second, query, pathname })
  switch (first) {
    case '':
      return {
        page: 'overview',
        window: oneOf(TIME_WINDOWS, query.get('window'), '1h'),
        outages: parseOutages(query),
      }
    case 'incidents':
      return {
        page: 'incidents',
        text: query.get('q') ?? '',
        severity: oneOf(SEVERITY_FILTERS, query.get('severity'), 'all'),
        state: oneOf(STATE_FILTERS, query.get('state'), 'open'),
        outages: parseOutages(query),
      }
    case 'requests':
      return {
        page: 'requests',
        text: query.get('q') ?? '',
        outcome: oneOf(OUTCOME_FILTERS, query.get('outcome'), 'all'),
        route: query.get('route') ?? '',
        rule: query.get('rule') ?? '',
        before: query.get('before') ?? '',
      }
    case 'traces':
      return { page: 'traces' }
    case 'rules':
      return { page: 'rules' }
    default:
      return { page: 'not-found', path: pathname }
  }
}

/** The path of a view; defaults are left out, so that equal views have equal links. */
export function toPath(route: Route): string {
  switch (route.page) {
    case 'overview':
      return withQuery('/', {
        window: route.window === '1h' ? '' : route.window,
        outage: route.outages,
      })
    case 'incidents':
      return withQuery('/incidents', {
        q: route.text,
        severity: hideAll(route.severity),
        state: route.state === 'open' ? '' : route.state,
        outage: route.outages,
      })
    case 'incident':
      return `/incidents/${encodePart(route.id)}`
    case 'requests':
      return withQuery('/requests', {
        q: route.text,
        outcome: hideAll(route.outcome),
        route: route.route,
        rule: route.rule,
        before: route.before,
      })
    case 'traces':
      return '/traces'
    case 'trace':
      return withQuery(`/traces/${encodePart(route.id)}`, { span: route.span })
    case 'rules':
      return '/rules'
    case 'not-found':
      return route.path
  }
}

export const OVERVIEW = { page: 'overview', window: '1h', outages: [] } as const satisfies Route

/** What somebody has to see to. */
export const OPEN_INCIDENTS = {
  page: 'incidents',
  text: '',
  severity: 'all',
  state: 'open',
  outages: [],
} as const satisfies Route

/** A list of requests without any filter, to be narrowed by whoever links to it. */
export const ALL_REQUESTS = {
  page: 'requests',
  text: '',
  outcome: 'all',
  route: '',
  rule: '',
  before: '',
} as const satisfies Route

interface Detail {
  readonly first: string
  readonly id: string
  readonly query: URLSearchParams
  readonly pathname: string
}

function parseDetail({ first, id, query, pathname }: Detail): Route {
  if (first === 'incidents') return { page: 'incident', id }
  if (first === 'traces') return { page: 'trace', id, span: query.get('span') ?? '' }
  return { page: 'not-found', path: pathname }
}

type QueryValue = string | readonly string[]

function withQuery(path: string, values: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    for (const one of typeof value === 'string' ? [value] : value) {
      if (one !== '') query.append(name, one)
    }
  }
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

function parseOutages(query: URLSearchParams): readonly string[] {
  const ids = query.getAll('outage').filter((id) => id !== '')
  return [...new Set(ids)].slice(0, OUTAGES_MAX)
}

function hideAll(value: string): string {
  return value === 'all' ? '' : value
}

function oneOf<T extends string>(values: readonly T[], value: string | null, otherwise: T): T {
  return values.find((known) => known === value) ?? otherwise
}

/** Half a surrogate pair is one of the things that a hostile id is made of. */
export function encodePart(part: string): string {
  return encodeURIComponent(part.replaceAll(/\p{Surrogate}/gu, '\uFFFD'))
}

/** A malformed escape is part of somebody's URL, not a reason to throw. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
