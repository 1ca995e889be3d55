import type { Attributes, Scope, Span, SpanEvent, SpanKind, SpanStatus } from '../story/span.ts'
import type { RejectReason } from './decoded.ts'
import { NAME_CHARS_MAX } from './limits.ts'

/** A span as either encoding delivers it, before anything of it is believed. */
export interface SpanDraft {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  startTimeNs: bigint
  endTimeNs: bigint
  status: SpanStatus
  attributes: Attributes
  events: readonly SpanEvent[]
}

/** Where a span stands: shared by all spans of a scope. */
export interface SpanContext {
  readonly scope: Scope
  readonly resource: Attributes
}

const KINDS: readonly SpanKind[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
]
const STATUS_CODES: readonly SpanStatus['code'][] = ['unset', 'ok', 'error']

/** SQLite and most languages hold nanoseconds in a signed 64-bit number (until the year 2262). */
export const TIME_NS_MAX = 2n ** 63n - 1n

const TRACE_ID = /^[0-9a-f]{32}$/u
const SPAN_ID = /^[0-9a-f]{16}$/u
const ZEROS = /^0+$/u

/** The span, or why it cannot be one. Clocks that run backwards are set to no duration. */
export function finishSpan(draft: SpanDraft, context: SpanContext): Span | RejectReason {
  if (!TRACE_ID.test(draft.traceId) || ZEROS.test(draft.traceId)) return 'trace-id-invalid'
  if (!SPAN_ID.test(draft.spanId) || ZEROS.test(draft.spanId)) return 'span-id-invalid'
  const parentSpanId = ZEROS.test(draft.parentSpanId) ? '' : draft.parentSpanId
  if (parentSpanId !== '' && !SPAN_ID.test(parentSpanId)) return 'parent-span-id-invalid'
  const startTimeNs = draft.startTimeNs === 0n ? draft.endTimeNs : draft.startTimeNs
  if (startTimeNs === 0n || startTimeNs > TIME_NS_MAX || draft.endTimeNs > TIME_NS_MAX) {
    return 'time-invalid'
  }
  return {
    traceId: draft.traceId,
    spanId: draft.spanId,
    parentSpanId,
    name: draft.name.slice(0, NAME_CHARS_MAX),
    kind: KINDS[draft.kind] ?? 'unspecified',
    startTimeNs,
    endTimeNs: draft.endTimeNs < startTimeNs ? startTimeNs : draft.endTimeNs,
    status: draft.status,
    attributes: draft.attributes,
    events: draft.events,
    scope: context.scope,
    resource: context.resource,
  }
}

/** A code from a later version of the protocol says nothing that we could judge by. */
export function statusOf(code: number, message: string): SpanStatus {
  return { code: STATUS_CODES[code] ?? 'unset', message }
}

export function kindNumber(kind: SpanKind): number {
  return KINDS.indexOf(kind)
}

export function statusNumber(code: SpanStatus['code']): number {
  return STATUS_CODES.indexOf(code)
}
