import type { WriteLog } from '../log.ts'
import type { LoggedChunk, SpanReader, StoredTrace } from '../store/store.ts'
import type { Progress, VerdictStore } from '../store/verdict-store.ts'
import type { JudgeLag } from '../store/verdict-tallies.ts'
import { isRecognised } from '../story/assemble.ts'
import type { Arrival } from '../story/settle.ts'
import { PendingTraces, type PendingTrace } from './pending-traces.ts'
import { ReadLog } from './read-log.ts'
import { RetainedSpans } from './retained-spans.ts'
import { SpanCount } from './span-count.ts'
import type { TraceOfSource } from './trace-map.ts'

export interface UnjudgedOptions {
  readonly reader: SpanReader
  readonly verdicts: Pick<VerdictStore, 'progress'>
  readonly settleMs: number
  readonly log: WriteLog
}

/**
 * What has been read of the log and is not judged: it begins where the verdicts end, and all of it
 * can be read again.
 */
export class Unjudged {
  readonly #reader: SpanReader
  readonly #settleMs: number
  readonly #pending: PendingTraces
  readonly #retained = new RetainedSpans()
  readonly #log: ReadLog
  readonly #unrecognised: SpanCount
  readonly #withoutRequest: SpanCount

  constructor({ reader, verdicts, settleMs, log }: UnjudgedOptions) {
    const { judgedUpTo, unrecognised, withoutRequest } = verdicts.progress()
    this.#reader = reader
    this.#settleMs = settleMs
    this.#pending = new PendingTraces(settleMs)
    this.#log = new ReadLog(reader, { from: judgedUpTo, log })
    this.#unrecognised = new SpanCount(unrecognised)
    this.#withoutRequest = new SpanCount(withoutRequest)
  }

  get traces(): number {
    return this.#pending.size
  }

  get unrecognised(): number {
    return this.#unrecognised.total
  }

  get withoutRequest(): number {
    return this.#withoutRequest.total
  }

  /** When the next trace is to be looked at. */
  get nextMs(): number | undefined {
    return this.#pending.nextMs()
  }

  lag(nowMs: number): JudgeLag {
    const nextMs = this.#pending.nextMs()
    const unread = this.#log.countUnread()
    return {
      spans: this.#pending.spans + unread,
      oldestReceivedMs:
        this.#pending.first()?.firstReceivedMs ??
        (unread > 0 ? this.#log.lastReceivedMs : undefined),
      overdueSinceMs: nextMs !== undefined && nextMs < nowMs ? nextMs : undefined,
    }
  }

  /** Reads on, and tells `notice` of each chunk; whether there may be more. */
  read(nowMs: number, notice: (chunk: LoggedChunk) => void): boolean {
    // The log waits on disk, and its lag is seen; memory would not wait.
    if (this.#pending.isFull) return false
    const { chunks, more } = this.#log.read(nowMs)
    for (const chunk of chunks) {
      notice(chunk)
      this.#retained.add(chunk)
      this.#pending.add(notLater(chunk, nowMs))
    }
    return more
  }

  /**
   * The time by which traces are due: that up to which the log is read. All that came to a trace
   * before it had settled is then known of it, however late it is judged. Where no more can be read
   * before something is judged, it is the clock's.
   */
  timeOfJudging(nowMs: number): number {
    return this.#pending.isFull ? nowMs : Math.min(nowMs, this.#log.readUpToMs)
  }

  /** The next trace that is due; it stays until it is settled or given up. */
  takeNext(nowMs: number): PendingTrace | undefined {
    for (;;) {
      const trace = this.#pending.takeNext(nowMs) ?? this.#takeEarly(nowMs + this.#settleMs)
      if (trace === undefined || !this.#pending.needsEarlierSpans(trace)) return trace
      const { spans } = this.spansOf(trace)
      this.#pending.complete(
        trace,
        spans.map((arrival) => notLater(arrival, nowMs)),
      )
    }
  }

  /**
   * Where there is no room for other traces, and will not be soon: the one that has waited longest
   * for its request span is judged without it. Should it come, the trace is opened again.
   */
  #takeEarly(soonMs: number): PendingTrace | undefined {
    if (!this.#pending.isFull || (this.#pending.nextMs() ?? 0) <= soonMs) return undefined
    return this.#pending.takeEarly()
  }

  /** All that was read of it, and what is stored of one that was told before. */
  spansOf(trace: TraceOfSource): StoredTrace {
    return this.#retained.spansOf(trace) ?? this.#reader.spansOf(trace.source, trace.traceId)
  }

  get(trace: TraceOfSource): PendingTrace | undefined {
    return this.#pending.get(trace)
  }

  /** By trace id. */
  of(source: string): ReadonlyMap<string, PendingTrace> {
    return this.#pending.of(source)
  }

  dueAtMs(trace: PendingTrace): number {
    return this.#pending.dueAtMs(trace)
  }

  isSettled(trace: TraceOfSource, nowMs: number): boolean {
    const pending = this.#pending.get(trace)
    return pending === undefined || this.#pending.dueAtMs(pending) <= nowMs
  }

  wait(trace: PendingTrace, untilMs: number): void {
    this.#pending.wait(trace, untilMs)
  }

  /** It is part of a verdict now, or of none. */
  settle(
    key: TraceOfSource,
    { arrivals, isTold }: { readonly arrivals: readonly Arrival[]; readonly isTold: boolean },
  ): void {
    const trace = this.#pending.get(key)
    if (trace === undefined) return
    this.#delete(trace)
    if (isTold) return
    // Beside recognised ones (of a web framework, say) they are no sign that something is wrong.
    const isKnown = arrivals.some(({ span }) => isRecognised(span))
    const count = isKnown ? this.#withoutRequest : this.#unrecognised
    count.add(trace.chunks)
  }

  /** It will have no verdict. */
  giveUp(trace: PendingTrace): void {
    this.#delete(trace)
  }

  /** How far all is judged: to be kept with the verdicts. */
  progress(): Progress {
    const first = this.#pending.first()
    const judgedUpTo = first === undefined ? this.#log.readUpTo : first.firstPosition - 1
    return {
      judgedUpTo,
      unrecognised: this.#unrecognised.countUpTo(judgedUpTo),
      withoutRequest: this.#withoutRequest.countUpTo(judgedUpTo),
    }
  }

  #delete(trace: PendingTrace): void {
    this.#pending.delete(trace)
    this.#retained.delete(trace)
  }
}

/** What was received while the clock was ahead has been here since now, at the latest. */
function notLater<Received extends { readonly receivedAtMs: number }>(
  received: Received,
  nowMs: number,
): Received {
  return received.receivedAtMs <= nowMs ? received : { ...received, receivedAtMs: nowMs }
}
