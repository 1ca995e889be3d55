import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ALL_REQUESTS,
  OPEN_INCIDENTS,
  OUTCOME_FILTERS,
  OVERVIEW,
  parseRoute,
  SEVERITY_FILTERS,
  STATE_FILTERS,
  TIME_WINDOWS,
  toPath,
  type Route,
} from '../../../../dashboard/src/lib/route.ts'

function parsePath(path: string): Route {
  const url = new URL(path, 'http://page.test')
  return parseRoute(url.pathname, url.search)
}

/** Ids and texts as they may come from a span: any characters, but not empty. */
const text = fc.string({ unit: 'binary', maxLength: 40 })
const id = text.filter((value) => value !== '' && value !== '.' && value !== '..')

const outages = fc.uniqueArray(
  text.filter((value) => value !== ''),
  { maxLength: 5 },
)

const anyRoute: fc.Arbitrary<Route> = fc.oneof(
  fc.record({
    page: fc.constant('overview' as const),
    window: fc.constantFrom(...TIME_WINDOWS),
    outages,
  }),
  fc.record({
    page: fc.constant('incidents' as const),
    text,
    severity: fc.constantFrom(...SEVERITY_FILTERS),
    state: fc.constantFrom(...STATE_FILTERS),
    outages,
  }),
  fc.record({ page: fc.constant('incident' as const), id }),
  fc.record({
    page: fc.constant('requests' as const),
    text,
    outcome: fc.constantFrom(...OUTCOME_FILTERS),
    route: text,
    rule: text,
    before: text,
  }),
  fc.record({ page: fc.constant('trace' as const), id, span: text }),
  fc.constant<Route>({ page: 'traces' }),
  fc.constant<Route>({ page: 'rules' }),
)

describe('routes', () => {
  test('every view survives the way through its own URL', () => {
    fc.assert(
      fc.property(anyRoute, (route) => {
        expect(parsePath(toPath(route))).toEqual(route)
      }),
    )
  })

  test('a default is not written, so that equal views have equal links', () => {
    expect(toPath(OVERVIEW)).toBe('/')
    expect(toPath(OPEN_INCIDENTS)).toBe('/incidents')
    expect(toPath(ALL_REQUESTS)).toBe('/requests')
    expect(toPath({ page: 'trace', id: 'abc', span: '' })).toBe('/traces/abc')
  })

  test('an unknown filter value shows everything rather than nothing', () => {
    expect(parsePath('/?window=3y')).toEqual(OVERVIEW)
    expect(parsePath('/incidents?severity=loud')).toMatchObject({ severity: 'all' })
    expect(parsePath('/requests?outcome=')).toMatchObject({ outcome: 'all' })
  })

  test('open outages are part of the link, each once, and not without end', () => {
    expect(toPath({ ...OPEN_INCIDENTS, outages: ['epi-1', 'epi-2'] })).toBe(
      '/incidents?outage=epi-1&outage=epi-2',
    )
    expect(parsePath('/?outage=epi-1&outage=&outage=epi-1')).toEqual({
      ...OVERVIEW,
      outages: ['epi-1'],
    })
    const many = Array.from({ length: 50 }, (_, index) => `outage=epi-${index}`).join('&')
    expect(parsePath(`/?${many}`)).toMatchObject({ outages: { length: 20 } })
  })

  test('a path that is not one of ours is said to be unknown', () => {
    for (const path of ['/nowhere', '/incidents/a/b', '/rules/x', '/requests/1']) {
      expect(parsePath(path)).toEqual({ page: 'not-found', path })
    }
  })

  test('a malformed escape in a path is text, not an error', () => {
    expect(parseRoute('/incidents/%E0%A4%A', '')).toEqual({ page: 'incident', id: '%E0%A4%A' })
  })

  test('half a character in an id does not throw, for an id is data', () => {
    expect(toPath({ page: 'incident', id: 'a\ud800b' })).toBe('/incidents/a%EF%BF%BDb')
  })

  test('a trailing slash changes nothing', () => {
    expect(parsePath('/incidents/')).toEqual(parsePath('/incidents'))
  })
})
