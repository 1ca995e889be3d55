import type { Attributes, Scope, SpanKind, SpanStatus } from '../story/span.ts'

/** Where a span stands: shared by all spans of a scope. */
export interface SpanContext {
  readonly scope: Scope
  readonly resource: Attributes
}

/** By their numbers in opentelemetry-proto. */
export const KINDS: readonly SpanKind[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
]
export const STATUS_CODES: readonly SpanStatus['code'][] = ['unset', 'ok', 'error']

/** SQLite and most languages hold nanoseconds in a signed 64-bit number (until the year 2262). */
export const TIME_NS_MAX = 2n ** 63n - 1n
