import type { SpanKind, SpanStatus } from '../../story/span.ts'

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
/** `STATUS_CODE_ERROR`. */
export const STATUS_ERROR = 2
