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
  const group = new Map<string, readonly Arrival[]>()
  const queue = [traceId]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (group.has(next)) continue
    if (group.size >= NEIGHBOUR_TRACES_MAX) {
      const own = group.get(traceId) ?? reader.spansOf(source, traceId)
      return { traces: new Map([[traceId, own]]), crowded: true }
    }
    const arrivals = reader.spansOf(source, next)
    group.set(next, arrivals)
    const neighbours = neighboursOf(arrivals.map((arrival) => arrival.span))
    if (neighbours === undefined) continue
    const { failedIn, startedIn } = neighbours
    queue.push(...reader.tracesFailedIn(source, failedIn, LIMIT))
    if (startedIn !== undefined) queue.push(...reader.tracesStartedIn(source, startedIn, LIMIT))
  }
  return { traces: group, crowded: false }
}

/** One more than fits, so that too many is noticed. */
const LIMIT = NEIGHBOUR_TRACES_MAX + 1
