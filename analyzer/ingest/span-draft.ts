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
