import { text } from '../../../attributes.ts'
import type { Attributes, Span } from '../../../span.ts'
import { parseFallbackTable } from './fallback-table.ts'
import type { Reading } from './reading.ts'
import { isOfUpstreamLitellm, isRefusedAtFirst, parseRouterText } from './router-text.ts'

const SPAN_KEYS = [
  'exception',
  'error.message',
  'error.stack_trace',
  'litellm.provider.error.stack_trace',
] as const
const EVENT_KEYS = ['exception.message', 'exception.stacktrace'] as const

export interface RouterWords extends Pick<Reading['hints'], 'texts' | 'tables'> {
  /** Words of a router stand where nobody can tell whose they are: they tell nothing. */
  readonly isMixedUp: boolean
}

/**
 * Everything that the router wrote about this request: into the error that the client read, and,
 * from 1.95 on, only into the stack trace behind it.
 */
export function routerWords(spans: readonly (Span | undefined)[]): RouterWords {
  const words = [...new Set(spans)].flatMap((span) => (span === undefined ? [] : wordsOf(span)))
  if (words.length === 0) return NO_WORDS
  const own = words.filter((text) => !isOfUpstreamLitellm(text))
  return {
    ...factsIn(own),
    isMixedUp: Object.values(factsIn(words.filter(isOfUpstreamLitellm))).some(
      ({ length }) => length > 0,
    ),
  }
}

/** Of a request that went well. */
const NO_WORDS: RouterWords = { texts: [], tables: [], isMixedUp: false }

function factsIn(words: readonly string[]): Pick<RouterWords, 'texts' | 'tables'> {
  return {
    texts: words.flatMap((text) => parseRouterText(text) ?? []),
    tables: words.flatMap((text) => parseFallbackTable(text) ?? []),
  }
}

/**
 * A fallback that was refused may be told in the stack trace of the request's own error alone:
 * where that was lost, nothing says whether the router passed the fallback by.
 */
export function tellsRefusals(server: Span | undefined): boolean {
  return (
    server === undefined ||
    server.events.every(
      ({ name, attributes }) =>
        name !== 'exception' || text(attributes, 'exception.stacktrace') !== undefined,
    )
  )
}

/** The error itself, never a stack trace: behind a failed call it tells of every later pick. */
export function wasRefusedAtFirst(spans: readonly (Span | undefined)[]): boolean {
  return spans.some(
    (span) =>
      span !== undefined &&
      [
        text(span.attributes, 'exception'),
        text(span.attributes, 'error.message'),
        ...span.events.map((event) => text(event.attributes, 'exception.message')),
      ].some((words) => words !== undefined && isRefusedAtFirst(words)),
  )
}

function wordsOf(span: Span): readonly string[] {
  return [
    ...pick(span.attributes, SPAN_KEYS),
    ...span.events
      .filter((event) => event.name === 'exception')
      .flatMap((event) => pick(event.attributes, EVENT_KEYS)),
  ]
}

function pick(attributes: Attributes, keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) => text(attributes, key) ?? [])
}
