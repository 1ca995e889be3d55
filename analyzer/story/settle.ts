import { SCOPE_NAME } from '../../collector/vocabulary.ts'
import { inferenceNeighbours } from './dialects/inference/neighbours.ts'
import { litellmV1 } from './dialects/litellm-v1.ts'
import { litellmV2 } from './dialects/litellm-v2.ts'
import { litellmNeighbours } from './dialects/litellm/joining/neighbours.ts'
import { isLitellm, isProxyHousekeeping, tellsProxyEnd } from './dialects/litellm/span-kinds.ts'
import type { Neighbours } from './join-window.ts'
import type { Span, SpanHead } from './span.ts'

/** Three default batch delays of an exporter: after that much silence nothing more is expected. */
export const SETTLE_MS = 15_000

/** Our own router's request span ends last; what is still on its way comes within this. */
export const SETTLE_AFTER_REQUEST_SPAN_MS = 2_000

/**
 * A trace whose request span has not come by then never will (beyond the longest stream, 30 min).
 */
export const INCOMPLETE_AFTER_MS = 35 * 60_000

/** A span and when it was received, which is not when it happened. */
export interface Arrival {
  readonly span: Span
  readonly receivedAtMs: number
}

/** What decides when a trace is due: all that must be kept of its arrivals until then. */
export interface Settling {
  readonly lastMs: number
  /** When the newest request span of our own router was received. */
  readonly requestMs: number
  /** Whether a span of our own router is among them. */
  readonly ours: boolean
  /** Whether a span of LiteLLM is: ours may stand behind it, and its own come in later. */
  readonly litellm: boolean
  /** Whether a proxy of LiteLLM has begun a request in it, and whether it has said how it ended. */
  readonly begun: boolean
  readonly ended: boolean
}

export const NOTHING_ARRIVED: Settling = {
  lastMs: -Infinity,
  requestMs: -Infinity,
  ours: false,
  litellm: false,
  begun: false,
  ended: false,
}

/** In any order, any number of times. */
export function withArrival(
  settling: Settling,
  { span, receivedAtMs }: { readonly span: SpanHead; readonly receivedAtMs: number },
): Settling {
  const ours = span.scope.name === SCOPE_NAME
  return {
    lastMs: Math.max(settling.lastMs, receivedAtMs),
    requestMs:
      ours && span.kind === 'server'
        ? Math.max(settling.requestMs, receivedAtMs)
        : settling.requestMs,
    ours: ours || settling.ours,
    litellm: settling.litellm || isLitellm(span),
    begun: settling.begun || isProxyHousekeeping(span),
    ended: settling.ended || (!ours && tellsProxyEnd(span)),
  }
}

/** Its request's own span is still to come, as far as these spans tell. */
export function lacksItsRequest({ ours, requestMs, begun, ended }: Settling): boolean {
  return (ours && requestMs === -Infinity) || (begun && !ended)
}

/**
 * When a trace may be judged, on the clock of `receivedAtMs`. Ask again when another of its spans
 * arrives; a span that arrives after the verdict re-opens it. Infinite for a trace without spans.
 */
export function dueAtMs(settling: Settling, settleMs: number = SETTLE_MS): number {
  const { lastMs, requestMs, ours, litellm } = settling
  if (lastMs === -Infinity) return Infinity
  if (lacksItsRequest(settling)) return lastMs + INCOMPLETE_AFTER_MS
  return ours && !litellm ? requestMs + SETTLE_AFTER_REQUEST_SPAN_MS : lastMs + settleMs
}

/**
 * Traces that are looked at together, at most. Where there are more, tell the trace alone and say
 * so (`crowded`): whether its request went on elsewhere is then unknown.
 */
export const NEIGHBOUR_TRACES_MAX = 512

/**
 * Which other traces belong into the same `assembleStories` call as this one; ask again for each
 * trace found, until nothing is new or `NEIGHBOUR_TRACES_MAX` is reached. `undefined` where the
 * request cannot be spread over traces.
 */
export function neighboursOf(spans: readonly Span[]): Neighbours | undefined {
  const others = spans.filter((span) => span.scope.name !== SCOPE_NAME)
  const isMixed = others.length < spans.length
  if (!others.some(isOfLitellm)) return isMixed ? undefined : inferenceNeighbours(spans)
  const found = litellmNeighbours(others)
  if (found === undefined || !isMixed) return found
  // Behind a router in process, ours may go by another clock, and the trace seem to begin when its
  // call did not: then nobody would find it by its beginning.
  return { ...found, startedIn: found.startedIn ?? found.failedIn }
}

function isOfLitellm(span: Span): boolean {
  return litellmV1.recognises(span) || litellmV2.recognises(span)
}
