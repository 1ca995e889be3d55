import * as fixtures from './wire-fixtures.ts'
import type { Answer } from './page-server.ts'

/** States of the analyzer that the page must be good in. */
export type AnalyzerState = 'loaded' | 'empty' | 'error'

/** One full API over the fixtures. */
export const answerLoaded: Answer = (path) => {
  const [name = ''] = path.split('?')
  if (name === 'overview') return { body: fixtures.overview }
  if (name === 'incidents') return { body: fixtures.incidentList }
  if (name === `incidents/${fixtures.incident.id}`) return { body: fixtures.incident }
  if (name === 'episodes') return { body: fixtures.episodeList }
  if (name === `incidents/${fixtures.windowIncident.id}`) return { body: fixtures.windowIncident }
  if (name === 'requests') return { body: fixtures.requestList }
  if (name === `traces/${fixtures.TRACE_ID}`) return { body: fixtures.trace }
  if (name === 'rules') return { body: fixtures.rules }
  if (name === 'health') return { body: fixtures.health }
  return answerNotFound(path)
}

/** An analyzer that was started a moment ago: no span, no request, no incident. */
export const answerEmpty: Answer = (path) => {
  const [name = ''] = path.split('?')
  if (name === 'overview') return { body: fixtures.overviewBeforeFirstSpan }
  if (name === 'incidents') return { body: fixtures.noIncidents }
  if (name === 'episodes') return { body: { ...fixtures.episodeList, episodes: [] } }
  if (name === 'requests') return { body: { ...fixtures.requestList, requests: [], next: null } }
  if (name === 'rules') return { body: fixtures.rules }
  if (name === 'health') return { body: fixtures.healthBeforeFirstSpan }
  return answerNotFound(path)
}

/** The analyzer is up and cannot read its own store. */
export const answerError: Answer = () => ({
  status: 503,
  body: {
    type: 'https://example.test/problems/store-unavailable',
    title: 'The store is not available',
    status: 503,
    detail: 'The database file is locked by another process.',
    hint: 'Stop the second analyzer on the same `--data-dir`.',
  },
})

/** Nobody answers at all. */
export const answerNothing: Answer = () => undefined

export const ANSWERS: Readonly<Record<AnalyzerState, Answer>> = {
  loaded: answerLoaded,
  empty: answerEmpty,
  error: answerError,
}

function answerNotFound(path: string): ReturnType<Answer> {
  return {
    status: 404,
    body: {
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: `There is nothing at ${path}.`,
      hint: 'It may have been removed by retention.',
    },
  }
}
