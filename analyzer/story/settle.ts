import { SCOPE_NAME } from '../../collector/vocabulary.ts'
import { isError } from './attributes.ts'
import type { Span } from './span.ts'

/** Three default batch delays of an exporter: after that much silence nothing more is expected. */
export const SETTLE_MS = 15_000

/** Our own router's request span ends last; what is still on its way comes within this. */
export const SETTLE_AFTER_REQUEST_SPAN_MS = 2_000

/** A trace whose request span has not come by then never will (beyond the longest stream, 30 min). */
export const INCOMPLETE_AFTER_MS = 35 * 60_000

/** Largest gap between two attempts of one request that LiteLLM exported as traces of their own. */
export const JOIN_WINDOW_MS = 500

/** How far one attempt may seem to start before the one before it ended (measured: 3.2 ms). */
export const JOIN_OVERLAP_MS = 10

/** A span and when it was received, which is not when it happened. */
export interface Arrival {
  readonly span: Span
  readonly receivedAtMs: number
}

/**
 * When a trace may be judged, on the clock of `receivedAtMs`. Ask again when another of its spans
 * arrives; a span that arrives after the verdict re-opens it. Infinite for a trace without spans.
 */
export function dueAtMs(arrivals: readonly Arrival[], settleMs: number = SETTLE_MS): number {
  let last = -Infinity
  let requestSpan = -Infinity
  let ours = false
  for (const { span, receivedAtMs } of arrivals) {
    last = Math.max(last, receivedAtMs)
    if (span.scope.name !== SCOPE_NAME) continue
    ours = true
    if (span.kind === 'server') requestSpan = Math.max(requestSpan, receivedAtMs)
  }
  if (last === -Infinity) return Infinity
  if (!ours) return last + settleMs
  return requestSpan === -Infinity
    ? last + INCOMPLETE_AFTER_MS
    : requestSpan + SETTLE_AFTER_REQUEST_SPAN_MS
}

/** Traces that are looked at together, at most: beyond it nothing is joined for being ambiguous. */
export const NEIGHBOUR_TRACES_MAX = 64

/** Nanoseconds, both ends included. */
export interface TimeRange {
  readonly fromNs: bigint
  readonly toNs: bigint
}

/** Where the other attempts of a trace's request may stand, within the same source. */
export interface Neighbours {
  /** Traces that hold an ERROR span which ended in here may be the attempt before. */
  readonly failedIn: TimeRange
  /** Traces whose first span started in here may be the attempt after. */
  readonly startedIn: TimeRange | undefined
}

/**
 * Which other traces belong into the same `assembleStories` call as this one; ask again for each
 * trace found, until nothing is new or `NEIGHBOUR_TRACES_MAX` is reached. `undefined` where the
 * request cannot be spread over traces: only a router in process exports each attempt as its own.
 */
export function neighboursOf(spans: readonly Span[]): Neighbours | undefined {
  const [first] = spans
  if (first === undefined) return undefined
  let startNs = first.startTimeNs
  let endNs = first.endTimeNs
  let failed = false
  for (const span of spans) {
    if (span.scope.name === SCOPE_NAME || span.kind === 'server') return undefined
    if (span.startTimeNs < startNs) startNs = span.startTimeNs
    if (span.endTimeNs > endNs) endNs = span.endTimeNs
    failed ||= isError(span)
  }
  return {
    failedIn: { fromNs: startNs - WINDOW_NS, toNs: startNs + OVERLAP_NS },
    startedIn: failed ? { fromNs: startNs, toNs: endNs + WINDOW_NS } : undefined,
  }
}

const WINDOW_NS = BigInt(JOIN_WINDOW_MS) * 1_000_000n
const OVERLAP_NS = BigInt(JOIN_OVERLAP_MS) * 1_000_000n
