import type { LoggedChunk, SpanReader } from '../store/store.ts'
import { toUsRange, type UsRange } from '../store/us-range.ts'
import type { Lookout, TraceExtent, VerdictStore } from '../store/verdict-store.ts'
import type { Neighbours } from '../story/join-window.ts'
import { NEIGHBOUR_TRACES_MAX, neighboursOf, type Arrival } from '../story/settle.ts'
import { TimeSlices } from './time-slices.ts'
import { TraceMap, type TraceOfSource } from './trace-map.ts'

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

/** One more than fits, so that too many is noticed. */
const LIMIT = NEIGHBOUR_TRACES_MAX + 1
/** Traces that are remembered: as many as two groups have. */
const LOOKED_MAX = 2 * NEIGHBOUR_TRACES_MAX
/** Beyond it, they are found anew. */
const CROWDED_MAX = 20_000

interface Looked {
  readonly arrivals: readonly Arrival[]
  readonly isCut: boolean
  /** Undefined: no other trace can hold a part of its requests. */
  readonly open: Open | undefined
}

interface Open {
  readonly ranges: Neighbours
  readonly extent: TraceExtent
  readonly lookout: Lookout | undefined
}

export interface GathererOptions {
  readonly reader: Pick<SpanReader, 'spansOf' | 'failuresIn' | 'startsIn'>
  readonly verdicts: Pick<VerdictStore, 'lookingAt'>
}

/**
 * Finds the traces that must be told together. What was read is remembered until spans come that
 * change it: traces that are due at one time have most of their neighbours in common, in an outage
 * of routers in process all of them, and to read these again for each would never end.
 */
export class TraceGatherer {
  readonly #options: GathererOptions
  readonly #slices: TimeSlices
  /** By trace and source, in the order in which they were looked at. */
  readonly #looked = new Map<string, Looked>()
  /** Those that have too many around them: so has whoever is a neighbour of one. */
  readonly #crowded = new TraceMap<true>()
  /** Of traces that were told since verdicts were last stored. */
  #told: { readonly source: string; readonly lookout: Lookout }[] = []

  constructor(options: GathererOptions) {
    this.#options = options
    this.#slices = new TimeSlices(options.reader)
  }

  /** What is asked from now on knows of these spans. */
  notice(chunk: LoggedChunk): void {
    const [first] = chunk.heads
    const isUnknown = first === undefined || chunk.unreadable > 0
    if (isUnknown) this.#looked.clear()
    const trace = { source: chunk.source, traceId: first?.traceId ?? '' }
    const wasLooked = this.#looked.delete(keyOf(trace))
    const wasNear = this.#slices.notice(chunk)
    // Where it stood it may not stand any more, and then there is no crowd.
    if (isUnknown || wasLooked || wasNear) this.#crowded.clear()
  }

  /** Where these look for others is known before it is stored. */
  tell(source: string, { lookouts }: TraceGroup): void {
    for (const lookout of lookouts) this.#told.push({ source, lookout })
  }

  /** All that was told. */
  stored(): void {
    this.#told = []
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
    const crowded = this.#crowded.of(source)
    for (const next of found) {
      if (next !== traceId && !isSettled(next)) {
        unsettled.push(next)
        continue
      }
      const looked = this.#look(source, next)
      // It tells its requests without others; that it was near changes nothing for them.
      if (looked.open === undefined) continue
      traces.set(next, looked)
      this.#addNeighbours(found, looked.open)
      if (found.size > NEIGHBOUR_TRACES_MAX || crowded.has(next)) {
        if (this.#crowded.size >= CROWDED_MAX) this.#crowded.clear()
        this.#crowded.set({ source, traceId }, true)
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
    const key = keyOf({ source, traceId })
    const known = this.#looked.get(key)
    if (known !== undefined) return known
    const { spans: arrivals, isCut } = this.#options.reader.spansOf(source, traceId)
    const looked = { arrivals, isCut, open: openOf({ source, traceId }, arrivals) }
    // The oldest: others that are due now are near in time to what was looked at last.
    const [oldest] = this.#looked.keys()
    if (this.#looked.size >= LOOKED_MAX && oldest !== undefined) this.#looked.delete(oldest)
    this.#looked.set(key, looked)
    return looked
  }

  /** As many as may be told together and one more, so that nobody looks further for nothing. */
  #addNeighbours(found: Set<string>, { ranges, extent }: Open): void {
    const { source } = extent
    const { failedIn, startedIn } = ranges
    const asked = { source, limit: LIMIT }
    if (failedIn !== undefined) this.#slices.addFailed(found, { ...asked, range: failedIn })
    if (found.size > NEIGHBOUR_TRACES_MAX) return
    if (startedIn !== undefined) this.#slices.addStarted(found, { ...asked, range: startedIn })
    if (found.size > NEIGHBOUR_TRACES_MAX) return
    for (const id of this.#options.verdicts.lookingAt(extent, LIMIT)) found.add(id)
    for (const told of this.#told) {
      if (told.source === source && looksAt(told.lookout, extent)) found.add(told.lookout.traceId)
    }
  }
}

function openOf(
  { source, traceId }: TraceOfSource,
  arrivals: readonly Arrival[],
): Open | undefined {
  const ranges = neighboursOf(arrivals.map((arrival) => arrival.span))
  if (ranges === undefined) return undefined
  const { failedIn, startedIn } = ranges
  return {
    ranges,
    extent: { source, ...extentOf(arrivals) },
    // Those that look for failures alone are found by what failed: it looks for what begins then.
    lookout:
      startedIn === undefined
        ? undefined
        : {
            traceId,
            failedIn: failedIn === undefined ? undefined : toUsRange(failedIn),
            startedIn: toUsRange(startedIn),
          },
  }
}

function looksAt({ failedIn, startedIn }: Lookout, { startUs, failedUs }: TraceExtent): boolean {
  if (startedIn !== undefined && isIn(startedIn, startUs)) return true
  return failedIn !== undefined && failedUs.some((us) => isIn(failedIn, us))
}

function isIn({ fromUs, toUs }: UsRange, us: number): boolean {
  return us >= fromUs && us <= toUs
}

function keyOf({ source, traceId }: TraceOfSource): string {
  return `${traceId} ${source}`
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
