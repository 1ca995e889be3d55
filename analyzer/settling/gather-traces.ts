import type { SpanReader } from '../store/store.ts'
import { NEIGHBOUR_TRACES_MAX, neighboursOf, type Arrival } from '../story/settle.ts'

/** Traces that must be told together. */
export interface TraceGroup {
  /** By id. */
  readonly traces: ReadonlyMap<string, readonly Arrival[]>
  /** There were more than can be looked at: this is one of them, alone. */
  readonly crowded: boolean
}

export interface TraceOfSource {
  readonly source: string
  readonly traceId: string
}

/**
 * A trace and those that may hold other attempts of its requests: a router in process exports each
 * attempt as a trace of its own. Where that would be too many to tell apart, the trace alone:
 * nothing is joined that is ambiguous.
 */
export function gatherTraces(reader: SpanReader, { source, traceId }: TraceOfSource): TraceGroup {
  const traces = new Map<string, readonly Arrival[]>()
  // Grows while it is walked. Too many are noticed when they are found, and not after reading them.
  const found = new Set([traceId])
  for (const next of found) {
    const arrivals = reader.spansOf(source, next)
    traces.set(next, arrivals)
    for (const id of neighbourIds(reader, source, arrivals)) found.add(id)
    if (found.size > NEIGHBOUR_TRACES_MAX) {
      return { traces: new Map([...traces].slice(0, 1)), crowded: true }
    }
  }
  return { traces, crowded: false }
}

function neighbourIds(
  reader: SpanReader,
  source: string,
  arrivals: readonly Arrival[],
): readonly string[] {
  const neighbours = neighboursOf(arrivals.map((arrival) => arrival.span))
  if (neighbours === undefined) return []
  const { failedIn, startedIn } = neighbours
  return [
    ...reader.tracesFailedIn(source, failedIn, LIMIT),
    ...(startedIn === undefined ? [] : reader.tracesStartedIn(source, startedIn, LIMIT)),
  ]
}

/** One more than fits, so that too many is noticed. */
const LIMIT = NEIGHBOUR_TRACES_MAX + 1
