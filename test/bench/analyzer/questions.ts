import { ROUTES } from '../spans/shapes.ts'
import type { PlainQuestions } from '../yardsticks/plain-questions.ts'

/** What a page asks the API, and the same to one plain table where it can be asked that at all. */
export interface Question {
  readonly name: string
  /** Below `/api/v1/`; another one at each turn, where there are others. */
  readonly path: (turn: number) => string
  readonly plain?: (table: PlainQuestions, turn: number) => void
  /** A goal for the slowest of a hundred. */
  readonly msMax?: number
}

export function questionsOf(traceIds: readonly string[]): readonly Question[] {
  /** All over the folder, not from its end only. */
  const known = (turn: number): string => traceIds[(turn * 7919) % traceIds.length] ?? ''
  return [
    {
      name: 'a trace by its id',
      path: (turn) => `traces/${known(turn)}`,
      plain: (table, turn) => table.trace(turn),
      msMax: 10,
    },
    {
      name: 'overview with charts, 24 hours',
      path: () => 'overview?window=24h',
      plain: (table) => table.chart(DAY_MS),
      msMax: 200,
    },
    {
      name: 'overview with charts, 1 hour',
      path: () => 'overview?window=1h',
      plain: (table) => table.chart(HOUR_MS),
    },
    {
      name: 'list of incidents, 24 hours',
      path: () => 'incidents?window=24h',
      plain: (table) => table.incidents(DAY_MS),
      msMax: 200,
    },
    {
      name: 'requests, the newest',
      path: () => 'requests',
      plain: (table) => table.requests(),
      msMax: 200,
    },
    {
      name: 'requests, failed',
      path: () => 'requests?outcome=failed',
      plain: (table) => table.failed(),
      msMax: 200,
    },
    { name: 'requests, rescued', path: () => 'requests?outcome=rescued', msMax: 200 },
    {
      name: 'requests, of a route',
      path: (turn) => `requests?route=${ROUTES[turn % ROUTES.length] ?? ''}`,
      msMax: 200,
    },
    {
      name: 'requests, of a rule',
      path: () => 'requests?rule=prefill-rejected',
      msMax: 200,
    },
    { name: 'requests, by a text that many have', path: () => 'requests?q=claude', msMax: 200 },
    { name: 'requests, by a text that none has', path: () => 'requests?q=zzyzx', msMax: 200 },
    {
      name: 'requests, by a trace id',
      path: (turn) => `requests?q=${known(turn)}`,
      msMax: 200,
    },
    { name: 'health', path: () => 'health', msMax: 200 },
  ]
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
