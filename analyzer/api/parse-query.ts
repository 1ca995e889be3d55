import type { IncidentStateName } from '../incidents/lifecycle.ts'
import { EVERY_RULE } from '../rules/every-rule.ts'
import type { Severity } from '../rules/rule.ts'
import type { RequestFilter } from '../store/verdict-store.ts'
import { decodeCursor } from './cursor.ts'
import type { IncidentFilter } from './query.ts'

/** A query string as Fastify parses it: a repeated name makes a list. */
export type QueryParameters = Readonly<Record<string, unknown>>

export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'invalid'; readonly detail: string }

const WINDOW_DEFAULT_MS = 3_600_000
const WINDOW_MS_MIN = 60_000
/** Longer than requests are kept. */
const WINDOW_MS_MAX = 30 * 86_400_000
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `window=15m`, `1h`, `7d`. */
export function parseWindow(query: QueryParameters): Parsed<number> {
  const text = textOf(query, 'window')
  if (text === undefined) return { kind: 'parsed', value: WINDOW_DEFAULT_MS }
  const [, count, unit] = /^(\d{1,5})([mhd])$/u.exec(text) ?? []
  const value = unit === 'm' || unit === 'h' || unit === 'd' ? Number(count) * UNIT_MS[unit] : 0
  return value >= WINDOW_MS_MIN && value <= WINDOW_MS_MAX
    ? { kind: 'parsed', value }
    : invalid('window must be a number and m, h or d, from 1m to 30d')
}

const STATES: readonly IncidentStateName[] = [
  'open',
  'acknowledged',
  'resolved',
  'regressed',
  'muted',
]
const SEVERITIES: readonly Severity[] = ['high', 'medium', 'info']

/** `state` and `severity`, each one or several with commas; `rule`; `source`; `id` or its start. */
export function parseIncidentFilter(query: QueryParameters): Parsed<IncidentFilter> {
  const states = listOf(query, 'state', STATES)
  if (states === 'invalid') return invalid(`state must be of ${STATES.join(', ')}`)
  const severities = listOf(query, 'severity', SEVERITIES)
  if (severities === 'invalid') return invalid(`severity must be of ${SEVERITIES.join(', ')}`)
  const rule = textOf(query, 'rule')
  // A slip of the pen must not read as: there is no such incident.
  if (rule !== undefined && EVERY_RULE.every(({ id }) => id !== rule)) {
    return invalid(`rule must be the id of a rule; there is none named ${JSON.stringify(rule)}`)
  }
  const source = textOf(query, 'source')
  const idPrefix = textOf(query, 'id')?.toLowerCase()
  if (idPrefix !== undefined && !/^inc-[0-9a-f]{0,16}$/u.test(idPrefix)) {
    return invalid('id must be inc- and the first of its hex digits')
  }
  return {
    kind: 'parsed',
    value: {
      ...(states !== undefined && { states }),
      ...(severities !== undefined && { severities }),
      ...(rule !== undefined && { rule }),
      ...(source !== undefined && { source }),
      ...(idPrefix !== undefined && { idPrefix }),
    },
  }
}

function listOf<T extends string>(
  query: QueryParameters,
  key: string,
  known: readonly T[],
): readonly T[] | undefined | 'invalid' {
  const words = textOf(query, key)?.split(',')
  if (words === undefined) return undefined
  const found = known.filter((word) => words.includes(word))
  return words.every((word) => known.some((each) => each === word)) ? found : 'invalid'
}

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 200
const TEXT_CHARS_MAX = 200
const OUTCOMES: ReadonlySet<string> = new Set([
  'ok',
  'rescued',
  'failed',
  'cancelled',
  'rejected',
  'unknown',
])

/** `q`, `source`, `outcome`, `route`, `rule`, `limit`, `before`. */
export function parseRequestFilter(query: QueryParameters): Parsed<RequestFilter> {
  const limitText = textOf(query, 'limit') ?? String(LIMIT_DEFAULT)
  const limit = /^\d{1,4}$/u.test(limitText) ? Number(limitText) : 0
  if (limit < 1 || limit > LIMIT_MAX) return invalid(`limit must be from 1 to ${LIMIT_MAX}`)
  const outcome = textOf(query, 'outcome')
  if (outcome !== undefined && !OUTCOMES.has(outcome)) {
    return invalid(`outcome must be one of ${[...OUTCOMES].join(', ')}`)
  }
  const cursor = textOf(query, 'before')
  const before = cursor === undefined ? undefined : decodeCursor(cursor)
  if (cursor !== undefined && before === undefined) {
    return invalid('before must be the `next` of another page')
  }
  const text = textOf(query, 'q')
  const source = textOf(query, 'source')
  const route = textOf(query, 'route')
  const rule = textOf(query, 'rule')
  return {
    kind: 'parsed',
    value: {
      limit,
      ...(text !== undefined && { text }),
      ...(source !== undefined && { source }),
      ...(outcome !== undefined && { outcome }),
      ...(route !== undefined && { route }),
      ...(rule !== undefined && { rule }),
      ...(before !== undefined && { before }),
    },
  }
}

/** An empty parameter is one that was not given: forms send them all. */
function textOf(query: QueryParameters, key: string): string | undefined {
  const value = Object.hasOwn(query, key) ? query[key] : undefined
  const text: unknown = Array.isArray(value) ? value[0] : value
  return typeof text === 'string' && text !== '' ? text.slice(0, TEXT_CHARS_MAX) : undefined
}

function invalid(detail: string): { readonly kind: 'invalid'; readonly detail: string } {
  return { kind: 'invalid', detail }
}
