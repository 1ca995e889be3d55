import { isError } from '../../../attributes.ts'
import {
  JOIN_OVERLAP_NS,
  JOIN_WINDOW_NS,
  type Neighbours,
  type TimeRange,
} from '../../../join-window.ts'
import type { Span } from '../../../span.ts'
import { lacksItsCall } from './adopt-calls.ts'
import {
  isBorrowed,
  isLitellm,
  isProxyHousekeeping,
  isStrayCall,
  isToldByCaller,
  isV1Root,
} from '../span-kinds.ts'

/**
 * Which other traces may hold a part of this one's request. Kept narrow, for under load half a
 * second holds many requests: only what failed looks ahead, and only a router in process exports
 * attempts apart; up to 1.84 a bridged /v1/responses call leaves its proxy request, too.
 */
export function litellmNeighbours(spans: readonly Span[]): Neighbours | undefined {
  const own = spans.filter(tellsOfCall)
  const range = rangeOf(own.length > 0 ? own : spans)
  if (range === undefined) return undefined
  if (spans.some(isProxyHousekeeping) || spans.some(isV1Root)) {
    const within = {
      fromNs: range.fromNs - JOIN_OVERLAP_NS,
      toNs: range.toNs + JOIN_WINDOW_NS,
    }
    return lacksItsCall(spans) ? { failedIn: within, startedIn: within } : undefined
  }
  // Below an application's SERVER span every attempt stays in its trace, but for those that come
  // after LiteLLM v1 wrote into a span of the application's that has ended since.
  if (spans.some((span) => span.kind === 'server') && !spans.some(isBorrowed)) return undefined
  return {
    failedIn: { fromNs: range.fromNs - JOIN_WINDOW_NS, toNs: range.fromNs + JOIN_OVERLAP_NS },
    startedIn: after(own, range) ?? (spans.some(isStrayCall) ? before(range) : undefined),
  }
}

/** What else is in the trace is another sender's, and may go by another clock. */
function tellsOfCall(span: Span): boolean {
  return isLitellm(span) || isBorrowed(span) || isToldByCaller(span)
}

function before(range: TimeRange): TimeRange {
  return { fromNs: range.fromNs - JOIN_WINDOW_NS, toNs: range.fromNs }
}

/** From the first failure on; a stray may have failed as well, and its request began before it. */
function after(spans: readonly Span[], range: TimeRange): TimeRange | undefined {
  const failures = spans.filter(isError).flatMap((span) => {
    const told = span.events.find((event) => event.name === 'exception')?.timeNs
    return told !== undefined && told < span.endTimeNs ? [told, span.endTimeNs] : [span.endTimeNs]
  })
  const [first, ...more] = failures
  if (first === undefined) return undefined
  const least = more.reduce((one, other) => (other < one ? other : one), first)
  const fromNs = spans.some(isStrayCall) ? before(range).fromNs : least - JOIN_OVERLAP_NS
  return { fromNs, toNs: range.toNs + JOIN_WINDOW_NS }
}

function rangeOf(spans: readonly Span[]): TimeRange | undefined {
  const [first] = spans
  if (first === undefined) return undefined
  return spans.reduce<TimeRange>(
    ({ fromNs, toNs }, span) => ({
      fromNs: span.startTimeNs < fromNs ? span.startTimeNs : fromNs,
      toNs: span.endTimeNs > toNs ? span.endTimeNs : toNs,
    }),
    { fromNs: first.startTimeNs, toNs: first.endTimeNs },
  )
}
