import type { BegunTraces, LoggedChunk, SpanReader } from '../store/store.ts'
import { toUsRange } from '../store/us-range.ts'
import type { Lookout, VerdictStore } from '../store/verdict-store.ts'
import type { Neighbours } from '../story/join-window.ts'
import { NEIGHBOUR_TRACES_MAX, neighboursOf, type Arrival } from '../story/settle.ts'
import { keyOf, LookedTraces, type Looked, type Open, type TraceOfSource } from './looked-traces.ts'

/** Traces that must be told together. */
export interface TraceGroup {
  /** By id. */
  readonly traces: ReadonlyMap<string, readonly Arrival[]>
  /** There is more than can be looked at: other traces, or more spans of these. */
  readonly crowded: boolean
  /** Where there are too many: those that were found. */
  readonly crowd: readonly string[]
  /** Neighbours that have not settled: they bring these in when they have. */
  readonly unsettled: readonly string[]
  readonly lookouts: readonly Lookout[]
}

/** Some 20 MB; how a day's traffic is looked at, each is asked for again and again. */
const BEGUN_MAX = 100_000

/** One more than fits, so that too many is noticed. */
const LIMIT = NEIGHBOUR_TRACES_MAX + 1

export interface GathererOptions {
  readonly reader: SpanReader
  readonly verdicts: Pick<VerdictStore, 'lookingAt'>
}

/**
 * Finds the traces that must be told together. Remembers what it has seen until spans are read that
 * may change it: traces that are due at one time have most of their neighbours in common, and
 * looking each of them up again for each would be most of the work of judging.
 */
export class TraceGatherer {
  readonly #options: GathererOptions
  readonly #looked = new LookedTraces()
  readonly #begun: BegunTraces = new Map()

  constructor(options: GathererOptions) {
    this.#options = options
  }

  /** What is asked from now on knows of these spans. */
  notice(chunk: LoggedChunk): void {
    this.#looked.forgetWhatMeets(chunk)
    const [first] = chunk.heads
    if (first === undefined || chunk.unreadable > 0) this.#begun.clear()
    else this.#begun.delete(keyOf({ source: chunk.source, traceId: first.traceId }))
  }

  /**
   * A trace and those that may hold other attempts of its requests: a router in process exports
   * each attempt as a trace of its own. Two traces are neighbours where either looks for the other,
   * whichever came first, so that each of a group finds the same group (invariant I8). Where there
   * would be too many to tell apart, the trace alone: nothing is joined that is ambiguous.
   */
  gather({ source, traceId }: TraceOfSource, isSettled: (traceId: string) => boolean): TraceGroup {
    const start = this.#look(source, traceId)
    if (start.open === undefined) return alone(traceId, start, { crowd: [] })
    const traces = new Map([[traceId, start]])
    const unsettled: string[] = []
    // Grows while it is walked. Too many are noticed when found, and not after reading them.
    const found = new Set([traceId])
    for (const next of found) {
      if (next !== traceId && !isSettled(next)) {
        unsettled.push(next)
        continue
      }
      const looked = this.#look(source, next)
      // It tells its requests without others; that it was near changes nothing for them.
      if (looked.open === undefined) continue
      traces.set(next, looked)
      for (const id of looked.open.neighbours) found.add(id)
      if (found.size > NEIGHBOUR_TRACES_MAX || this.#looked.isCrowded({ source, traceId: next })) {
        this.#looked.setCrowded({ source, traceId })
        return alone(traceId, start, { crowd: [...found] })
      }
    }
    const all = [...traces.values()]
    return {
      traces: new Map([...traces].map(([id, { arrivals }]) => [id, arrivals])),
      // Of a trace that is too long to be read whole, no more is known than of one in a crowd.
      crowded: all.some(({ isCut }) => isCut),
      crowd: [],
      unsettled,
      lookouts: all.flatMap(({ open }) => open?.lookout ?? []),
    }
  }

  #look(source: string, traceId: string): Looked {
    const known = this.#looked.get({ source, traceId })
    if (known !== undefined) return known
    const { spans: arrivals, isCut } = this.#options.reader.spansOf(source, traceId)
    if (this.#begun.size >= BEGUN_MAX) this.#begun.clear()
    const open = this.#open({ source, traceId }, arrivals)
    return this.#looked.add({ source, traceId, arrivals, isCut, open })
  }

  #open({ source, traceId }: TraceOfSource, arrivals: readonly Arrival[]): Open | undefined {
    const ranges = neighboursOf(arrivals.map((arrival) => arrival.span))
    if (ranges === undefined) return undefined
    const { failedIn, startedIn } = ranges
    const neighbours = this.#neighbours({ source, traceId }, { ranges, arrivals })
    const failures = failedIn === undefined ? undefined : toUsRange(failedIn)
    const starts = startedIn === undefined ? undefined : toUsRange(startedIn)
    return {
      neighbours,
      watched: [failures, starts].filter((range) => range !== undefined),
      // Those that look for failures alone are found by what failed: it looks for what begins then.
      lookout:
        starts === undefined ? undefined : { traceId, failedIn: failures, startedIn: starts },
    }
  }

  /** As many as may be told together and one more, so that nobody looks further for nothing. */
  #neighbours(
    { source, traceId }: TraceOfSource,
    { ranges, arrivals }: Looking,
  ): ReadonlySet<string> {
    const { reader, verdicts } = this.#options
    const { failedIn, startedIn } = ranges
    const found = new Set([traceId])
    const started = { limit: LIMIT, begun: this.#begun }
    const looks = [
      () => (failedIn === undefined ? [] : reader.tracesFailedIn(source, failedIn, LIMIT)),
      () => (startedIn === undefined ? [] : reader.tracesStartedIn(source, startedIn, started)),
      () => verdicts.lookingAt({ source, ...extentOf(arrivals) }, LIMIT),
    ]
    for (const look of looks) {
      for (const id of look()) found.add(id)
      if (found.size > NEIGHBOUR_TRACES_MAX) break
    }
    return found
  }
}

interface Looking {
  readonly ranges: Neighbours
  readonly arrivals: readonly Arrival[]
}

function alone(
  traceId: string,
  { arrivals, isCut, open }: Looked,
  { crowd }: { readonly crowd: readonly string[] },
): TraceGroup {
  return {
    traces: new Map([[traceId, arrivals]]),
    crowded: isCut || crowd.length > 0,
    crowd,
    unsettled: [],
    lookouts: open?.lookout === undefined ? [] : [open.lookout],
  }
}

/** When it began, and when spans of it failed. */
function extentOf(arrivals: readonly Arrival[]) {
  let startUs = Infinity
  const failedUs = new Set<number>()
  for (const { span } of arrivals) {
    startUs = Math.min(startUs, Number(span.startTimeNs / 1000n))
    if (span.status.code === 'error') failedUs.add(Number(span.endTimeNs / 1000n))
  }
  return {
    startUs: startUs === Infinity ? 0 : startUs,
    failedUs: [...failedUs].slice(0, FAILURES_LOOKED_AT_MAX),
  }
}

/** More failures of one trace than that are those of a runaway; each costs a look-up. */
const FAILURES_LOOKED_AT_MAX = 50
