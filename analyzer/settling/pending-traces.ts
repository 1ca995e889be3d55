import type { LoggedChunk } from '../store/store.ts'
import {
  dueAtMs,
  INCOMPLETE_AFTER_MS,
  lacksItsRequest,
  NOTHING_ARRIVED,
  SETTLE_AFTER_REQUEST_SPAN_MS,
  withArrival,
  type Arrival,
  type Settling,
} from '../story/settle.ts'
import { DueQueue, type Scheduled } from './due-queue.ts'
import { TraceMap, type TraceOfSource } from './trace-map.ts'

/**
 * Traces that wait at one time: 15 s of 13,000 traces per second, in some 80 MiB. Beyond it the log
 * is not read on, which costs nothing but time: it is on disk.
 */
export const PENDING_TRACES_MAX = 200_000

/**
 * A trace that never falls silent is judged when its first new span has waited for so long, twice
 * the longest request: a program that puts all it does into one trace would hold back the watermark
 * for ever, and with it all that is packed. What comes afterwards opens it again.
 */
const WAIT_MS_MAX = 2 * INCOMPLETE_AFTER_MS

/** A trace of a source that has spans which no verdict knows of yet. */
export interface PendingTrace extends TraceOfSource, Scheduled {
  /** The place of its first new span: nothing after it counts as judged before this trace is. */
  readonly firstPosition: number
  lastPosition: number
  /** When the first of its new spans was received. */
  readonly firstReceivedMs: number
  newSpans: number
  /** Of each chunk its position and how many spans are in it. */
  readonly chunks: [position: number, spans: number][]
  settling: Settling
  /** Whether spans that an earlier verdict knew are part of `settling`. */
  complete: boolean
  /** Waits for a neighbour until then, at the latest. */
  waitUntilMs: number | undefined
}

/** What has been read and not judged, and when each trace of it is due. */
export class PendingTraces {
  readonly #settleMs: number
  /** In the order of their first positions: one that is judged and comes again stands last. */
  readonly #traces = new TraceMap<PendingTrace>()
  readonly #queue = new DueQueue<PendingTrace>()
  #spans = 0

  constructor(settleMs: number) {
    this.#settleMs = settleMs
  }

  get size(): number {
    return this.#traces.size
  }

  get spans(): number {
    return this.#spans
  }

  get isFull(): boolean {
    return this.#traces.size >= PENDING_TRACES_MAX
  }

  /** The one that has waited longest; the watermark stands before it. */
  first(): PendingTrace | undefined {
    let first: PendingTrace | undefined
    for (const trace of this.#traces.firsts()) {
      if (first === undefined || trace.firstPosition < first.firstPosition) first = trace
    }
    return first
  }

  get(trace: TraceOfSource): PendingTrace | undefined {
    return this.#traces.get(trace)
  }

  /** By trace id. */
  of(source: string): ReadonlyMap<string, PendingTrace> {
    return this.#traces.of(source)
  }

  add(chunk: LoggedChunk): void {
    const { position, source, receivedAtMs, heads } = chunk
    const [first] = heads
    if (first === undefined) return
    const trace = this.#at({ source, traceId: first.traceId }, chunk)
    for (const span of heads) trace.settling = withArrival(trace.settling, { span, receivedAtMs })
    trace.lastPosition = position
    trace.newSpans += heads.length
    this.#spans += heads.length
    trace.chunks.push([position, heads.length])
    trace.waitUntilMs = undefined
    // One that is due later than it is scheduled for is scheduled anew when its time comes.
    const atMs = this.#lookAtMs(trace)
    if (atMs < trace.scheduledMs) this.#queue.schedule(trace, atMs)
  }

  /** Takes the next trace to be looked at; it stays pending until it is deleted. */
  takeNext(nowMs: number): PendingTrace | undefined {
    for (;;) {
      const trace = this.#queue.take(nowMs)
      if (trace === undefined) return undefined
      const atMs = this.#lookAtMs(trace)
      if (atMs <= nowMs) return trace
      this.#queue.schedule(trace, atMs)
    }
  }

  /** The first that would be due, where none is; for want of room. */
  takeEarly(): PendingTrace | undefined {
    return this.#queue.take(Infinity)
  }

  /** When the next one is to be looked at. */
  nextMs(): number | undefined {
    return this.#queue.nextMs()
  }

  /**
   * A late span to a judged trace is not alone: its request span, for which it would otherwise wait
   * for half an hour, may have come long before it.
   */
  needsEarlierSpans({ settling, complete }: PendingTrace): boolean {
    return lacksItsRequest(settling) && !complete
  }

  complete(trace: PendingTrace, arrivals: readonly Arrival[]): void {
    trace.settling = arrivals.reduce(withArrival, NOTHING_ARRIVED)
    trace.complete = true
    this.#queue.schedule(trace, this.#lookAtMs(trace))
  }

  wait(trace: PendingTrace, untilMs: number): void {
    trace.waitUntilMs = untilMs
    this.#queue.schedule(trace, untilMs)
  }

  dueAtMs({ settling, firstReceivedMs }: PendingTrace): number {
    return Math.min(dueAtMs(settling, this.#settleMs), firstReceivedMs + WAIT_MS_MAX)
  }

  delete(trace: PendingTrace): void {
    if (!this.#traces.delete(trace)) return
    this.#spans -= trace.newSpans
    this.#queue.cancel(trace)
  }

  #at(key: TraceOfSource, { position, receivedAtMs, isFirst }: LoggedChunk): PendingTrace {
    const known = this.get(key)
    if (known !== undefined) return known
    const trace: PendingTrace = {
      source: key.source,
      traceId: key.traceId,
      firstPosition: position,
      lastPosition: position,
      firstReceivedMs: receivedAtMs,
      newSpans: 0,
      chunks: [],
      settling: NOTHING_ARRIVED,
      complete: isFirst,
      waitUntilMs: undefined,
      scheduledMs: Infinity,
    }
    this.#traces.set(key, trace)
    return trace
  }

  #lookAtMs(trace: PendingTrace): number {
    if (trace.waitUntilMs !== undefined) return trace.waitUntilMs
    return this.needsEarlierSpans(trace)
      ? trace.settling.lastMs + SETTLE_AFTER_REQUEST_SPAN_MS
      : this.dueAtMs(trace)
  }
}
