import type { SpanReader } from '../store/store.ts'
import { NEIGHBOUR_TRACES_MAX, neighboursOf, type Arrival } from '../story/settle.ts'

/** Traces that must be told together. */
export interface TraceGroup {
  /** By id. */
  readonly traces: ReadonlyMap<string, readonly Arrival[]>
  /** There is more than can be looked at: other traces, or more spans of these. */
  readonly crowded: boolean
}

export interface TraceOfSource {
  readonly source: string
  readonly traceId: string
}

/** Traces that one gatherer remembers: as many as two groups have. */
const REMEMBERED_MAX = 2 * NEIGHBOUR_TRACES_MAX

interface Looked {
  readonly arrivals: readonly Arrival[]
  readonly isCut: boolean
  readonly neighbours: readonly string[]
}

/**
 * Finds the traces that must be told together. Remembers what it has seen until new spans are read:
 * traces that are due at one time have most of their neighbours in common, and looking each of them
 * up again for each would be most of the work of judging.
 */
export class TraceGatherer {
  readonly #reader: SpanReader
  readonly #looked = new Map<string, Looked>()

  constructor(reader: SpanReader) {
    this.#reader = reader
  }

  /**
   * A trace and those that may hold other attempts of its requests: a router in process exports
   * each attempt as a trace of its own. Where that would be too many to tell apart, the trace
   * alone: nothing is joined that is ambiguous.
   */
  gather({ source, traceId }: TraceOfSource): TraceGroup {
    const traces = new Map<string, readonly Arrival[]>()
    // Grows while it is walked. Too many are noticed when found, and not after reading them.
    const found = new Set([traceId])
    let isCut = false
    for (const next of found) {
      const looked = this.#look(source, next)
      traces.set(next, looked.arrivals)
      // Of a trace that is too long to be read whole, no more is known than of one in a crowd.
      if (looked.isCut) isCut = true
      for (const id of looked.neighbours) found.add(id)
      if (found.size > NEIGHBOUR_TRACES_MAX) {
        return { traces: new Map([...traces].slice(0, 1)), crowded: true }
      }
    }
    return { traces, crowded: isCut }
  }

  #look(source: string, traceId: string): Looked {
    const key = `${traceId} ${source}`
    const known = this.#looked.get(key)
    if (known !== undefined) return known
    const { spans, isCut } = this.#reader.spansOf(source, traceId)
    const looked = { arrivals: spans, isCut, neighbours: this.#neighbours(source, spans) }
    if (this.#looked.size >= REMEMBERED_MAX) this.#looked.clear()
    this.#looked.set(key, looked)
    return looked
  }

  #neighbours(source: string, arrivals: readonly Arrival[]): readonly string[] {
    const ranges = neighboursOf(arrivals.map((arrival) => arrival.span))
    if (ranges === undefined) return []
    const { failedIn, startedIn } = ranges
    return [
      ...this.#reader.tracesFailedIn(source, failedIn, LIMIT),
      ...(startedIn === undefined ? [] : this.#reader.tracesStartedIn(source, startedIn, LIMIT)),
    ]
  }
}

/** One more than fits, so that too many is noticed. */
const LIMIT = NEIGHBOUR_TRACES_MAX + 1
