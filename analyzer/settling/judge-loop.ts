import type { RuleOptions } from '../rules/rule-options.ts'
import type { SpanReader } from '../store/store.ts'
import type { Judgement, Verdict, VerdictStore } from '../store/verdict-store.ts'
import type { JudgeLag } from '../store/verdict-tallies.ts'
import { isRecognised } from '../story/assemble.ts'
import type { RouterConfig } from '../story/router-config.ts'
import type { Arrival } from '../story/settle.ts'
import { TraceGatherer, type TraceGroup } from './gather-traces.ts'
import { judgeGroup, type JudgeGroupOptions } from './judge-group.ts'
import type { TraceOfSource } from './looked-traces.ts'
import { PendingTraces, type PendingTrace } from './pending-traces.ts'
import { ReadLog } from './read-log.ts'
import { SpanCount } from './span-count.ts'
import type { WriteLog } from '../log.ts'

export interface JudgeLoopOptions {
  readonly reader: SpanReader
  readonly verdicts: VerdictStore
  readonly routerConfigs: ReadonlyMap<string, RouterConfig>
  readonly settleMs: number
  /** Default: those of the sidecar. */
  readonly ruleOptions?: RuleOptions
  /** Disk full, file locked: it passes, and is no trace's fault. Anything else is the trace's. */
  readonly isStoreTrouble: (error: unknown) => boolean
  /** The clock of `receivedAtMs`. */
  readonly now: () => number
  readonly log: WriteLog
}

/** Per turn, so that reads are answered in between. */
const JUDGE_TRACES = 500
const JUDGE_MS = 100
const READS_AT_ONCE = 5

/** Told together, so many traces are told again for every one that settles a moment later. */
const LARGE_GROUP = 8
/** A step of 5 s for the largest: no more than some 100 traces are told again in a second. */
const WAKE_MS_PER_TRACE = 20

/** The clock was put back when it is so much earlier than it was. */
const CLOCK_STEP_MS = 10_000

/** Traces that are known to have been told as in a crowd, so that it is not asked again. */
const CROWDED_KNOWN_MAX = 20_000

/** What has been read of the log and is not judged; all of it can be read again. */
interface Unjudged {
  readonly pending: PendingTraces
  readonly log: ReadLog
  readonly unrecognised: SpanCount
  readonly withoutRequest: SpanCount
}

function beginWhereJudged({ reader, verdicts, settleMs, log }: JudgeLoopOptions): Unjudged {
  const { judgedUpTo, unrecognised, withoutRequest } = verdicts.progress()
  return {
    pending: new PendingTraces(settleMs),
    log: new ReadLog(reader, { from: judgedUpTo, log }),
    unrecognised: new SpanCount(unrecognised),
    withoutRequest: new SpanCount(withoutRequest),
  }
}

/**
 * Follows the log of spans and judges each trace once it has settled (design section 6). What it
 * knows beyond the store can be lost at any moment: it is read again from the log.
 */
export class JudgeLoop {
  readonly #options: JudgeLoopOptions
  readonly #judging: JudgeGroupOptions
  #unjudged: Unjudged
  readonly #talliedUpTo: number
  readonly #knowCrowd = new Set<string>()
  readonly #gatherer: TraceGatherer
  #lastTurnMs = -Infinity

  constructor(options: JudgeLoopOptions) {
    const { reader, verdicts, routerConfigs, ruleOptions } = options
    this.#options = options
    this.#talliedUpTo = verdicts.talliedUpTo()
    this.#unjudged = beginWhereJudged(options)
    this.#gatherer = new TraceGatherer({ reader, verdicts })
    this.#judging = {
      routerConfigs,
      ...(ruleOptions !== undefined && { ruleOptions }),
      onFailure: (what, error) => this.#logFailure(what, error),
    }
  }

  /**
   * Traces that have spans which no verdict knows of. Looks at the log first: what has been
   * acknowledged a moment ago is not judged because nobody has read it yet.
   */
  countPending(): number {
    for (let reads = 0; reads < READS_AT_ONCE; reads += 1) {
      if (!this.#readSpans()) break
    }
    return this.#unjudged.pending.size
  }

  lag(): JudgeLag {
    const nowMs = this.#options.now()
    const nextMs = this.#unjudged.pending.nextMs()
    const unread = this.#unjudged.log.countUnread()
    return {
      spans: this.#unjudged.pending.spans + unread,
      oldestReceivedMs:
        this.#unjudged.pending.first()?.firstReceivedMs ??
        (unread > 0 ? this.#unjudged.log.lastReceivedMs : undefined),
      overdueSinceMs: nextMs !== undefined && nextMs < nowMs ? nextMs : undefined,
    }
  }

  get unrecognised(): number {
    return this.#unjudged.unrecognised.total
  }

  get withoutRequest(): number {
    return this.#unjudged.withoutRequest.total
  }

  /** One turn; whether there is more to do at once, and whether verdicts have changed. */
  turn(): { readonly more: boolean; readonly changed: boolean } {
    if (this.#options.now() < this.#lastTurnMs - CLOCK_STEP_MS) {
      // What was received before is due when it was to be, not a day later.
      this.#unjudged = beginWhereJudged(this.#options)
    }
    this.#lastTurnMs = this.#options.now()
    const moreToRead = this.#readSpans()
    const judgements: Judgement[] = []
    const untilMs = this.#options.now() + JUDGE_MS
    for (let looked = 0; looked < JUDGE_TRACES; looked += 1) {
      const trace = this.#takeNext()
      if (trace === undefined) break
      judgements.push(...this.#orGiveUp(trace, () => this.#judgeTrace(trace)))
      if (this.#options.now() >= untilMs) break
    }
    if (judgements.length > 0) this.#save(judgements)
    const nextMs = this.#unjudged.pending.nextMs() ?? Infinity
    return {
      more: moreToRead || nextMs <= this.#options.now(),
      changed: judgements.length > 0,
    }
  }

  /** Whether there may be more. */
  #readSpans(): boolean {
    // The log waits on disk, and its lag is seen; memory would not wait.
    if (this.#unjudged.pending.isFull) return false
    const { chunks, more } = this.#unjudged.log.read()
    if (chunks.length === 0) return false
    const nowMs = this.#options.now()
    for (const chunk of chunks) {
      this.#gatherer.notice(chunk)
      this.#unjudged.pending.add(notLater(chunk, nowMs))
    }
    return more
  }

  #takeNext(): PendingTrace | undefined {
    const { now, reader, settleMs } = this.#options
    for (;;) {
      const nowMs = now()
      const trace = this.#unjudged.pending.takeNext(nowMs) ?? this.#takeEarly(nowMs + settleMs)
      if (trace === undefined || !this.#unjudged.pending.needsEarlierSpans(trace)) return trace
      const { spans } = reader.spansOf(trace.source, trace.traceId)
      this.#unjudged.pending.complete(
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
    if (!this.#unjudged.pending.isFull || (this.#unjudged.pending.nextMs() ?? 0) <= soonMs)
      return undefined
    return this.#unjudged.pending.takeEarly()
  }

  #judgeTrace(trace: PendingTrace): readonly Judgement[] {
    const { source, traceId } = trace
    const nowMs = this.#options.now()
    const group = this.#gather({ source, traceId }, nowMs)
    if (group.unsettled.length > 0 && trace.waitUntilMs === undefined) {
      // Half of a joined request would be another verdict, to be withdrawn when the rest settles.
      const until = Math.min(this.#whenToTell(source, group), nowMs + this.#options.settleMs)
      this.#unjudged.pending.wait(trace, until)
      return []
    }
    return this.#judgeWith(trace, { group, nowMs })
  }

  /**
   * The trace with its group, and every trace that was told together with one of them before and no
   * longer is: what it was told as goes with this judgement.
   */
  #judgeWith(
    trace: PendingTrace,
    { group, nowMs }: { readonly group: TraceGroup; readonly nowMs: number },
  ): readonly Judgement[] {
    const { source, traceId } = trace
    const { verdicts } = this.#options
    const again = trace.lastPosition <= this.#talliedUpTo
    const judgements: Judgement[] = []
    const told = new Set<string>()
    const toTell = new Set([traceId])
    for (const id of toTell) {
      if (told.has(id) || (id !== traceId && !this.#isSettled({ source, traceId: id }, nowMs))) {
        continue
      }
      const its = id === traceId ? group : this.#gather({ source, traceId: id }, nowMs)
      const judged = judgeGroup(source, its, this.#judging)
      const requests = new Set(judged.flatMap(({ verdicts: all }) => all.flatMap(tracesOf)))
      for (const [member, arrivals] of its.traces) {
        told.add(member)
        this.#settle({ source, traceId: member }, { arrivals, isTold: requests.has(member) })
        for (const other of verdicts.toldWith(source, member)) toTell.add(other)
      }
      for (const other of this.#newlyCrowded(source, its)) toTell.add(other)
      judgements.push(...judged.map((one) => ({ ...one, again })))
    }
    return judgements
  }

  #gather(trace: TraceOfSource, nowMs: number): TraceGroup {
    const { source } = trace
    return this.#gatherer.gather(trace, (traceId) => this.#isSettled({ source, traceId }, nowMs))
  }

  #isSettled(trace: TraceOfSource, nowMs: number): boolean {
    const pending = this.#unjudged.pending.get(trace)
    return pending === undefined || this.#unjudged.pending.dueAtMs(pending) <= nowMs
  }

  /** Where too many traces are near each other, none of them is told as if it knew the others. */
  #newlyCrowded(source: string, { crowd, traces }: TraceGroup): readonly string[] {
    if (this.#knowCrowd.size > CROWDED_KNOWN_MAX) this.#knowCrowd.clear()
    for (const id of traces.keys()) {
      if (crowd.length > 0) this.#knowCrowd.add(`${id} ${source}`)
      else this.#knowCrowd.delete(`${id} ${source}`)
    }
    return crowd.filter((traceId) => {
      const key = `${traceId} ${source}`
      if (this.#knowCrowd.has(key)) return false
      if (this.#unjudged.pending.get({ source, traceId }) !== undefined) return false
      if (this.#options.verdicts.missedCrowd(source, traceId)) return true
      this.#knowCrowd.add(key)
      return false
    })
  }

  /** It is part of a verdict now, or of none. */
  #settle(
    key: TraceOfSource,
    { arrivals, isTold }: { readonly arrivals: readonly Arrival[]; readonly isTold: boolean },
  ): void {
    const trace = this.#unjudged.pending.get(key)
    if (trace === undefined) return
    this.#unjudged.pending.delete(trace)
    if (isTold) return
    // Beside recognised ones (of a web framework, say) they are no sign that something is wrong.
    const isKnown = arrivals.some(({ span }) => isRecognised(span))
    const count = isKnown ? this.#unjudged.withoutRequest : this.#unjudged.unrecognised
    count.add(trace.chunks)
  }

  /** One trace that cannot be judged must not stop the others; its spans are kept. */
  #orGiveUp(trace: PendingTrace, judgeIt: () => readonly Judgement[]): readonly Judgement[] {
    try {
      return judgeIt()
    } catch (error: unknown) {
      if (this.#options.isStoreTrouble(error)) throw error
      this.#unjudged.pending.delete(trace)
      const { source, traceId } = trace
      this.#logFailure(`trace ${traceId} was not judged`, error)
      return [{ source, traceIds: [traceId], verdicts: [] }]
    }
  }

  /**
   * When all of it has settled. A large group grows on while it is told, and each time it is told
   * whole: its traces wake at one time, and seldom, so that it is told once for many of them.
   */
  #whenToTell(source: string, { traces, unsettled }: TraceGroup): number {
    let latest = -Infinity
    for (const traceId of unsettled) {
      const trace = this.#unjudged.pending.get({ source, traceId })
      if (trace !== undefined) latest = Math.max(latest, this.#unjudged.pending.dueAtMs(trace))
    }
    const stepMs = WAKE_MS_PER_TRACE * 2 ** Math.floor(Math.log2(traces.size))
    return traces.size < LARGE_GROUP ? latest : Math.ceil(latest / stepMs) * stepMs
  }

  #logFailure(what: string, error: unknown): void {
    const why = error instanceof Error ? (error.stack ?? error.message) : 'unknown'
    this.#options.log(`${what}: ${why}`, 'error')
  }

  #save(judgements: readonly Judgement[]): void {
    const first = this.#unjudged.pending.first()
    const judgedUpTo = first === undefined ? this.#unjudged.log.readUpTo : first.firstPosition - 1
    const progress = {
      judgedUpTo,
      unrecognised: this.#unjudged.unrecognised.countUpTo(judgedUpTo),
      withoutRequest: this.#unjudged.withoutRequest.countUpTo(judgedUpTo),
    }
    const { verdicts, isStoreTrouble } = this.#options
    try {
      verdicts.replace(judgements, progress)
      return
    } catch (error: unknown) {
      if (isStoreTrouble(error)) throw error
    }
    // One of them cannot be kept; which one, only trying tells. The watermark comes last.
    const before = verdicts.progress()
    for (const judgement of judgements) {
      try {
        verdicts.replace([judgement], before)
      } catch (error: unknown) {
        if (isStoreTrouble(error)) throw error
        const { source, traceIds } = judgement
        this.#logFailure(`trace ${traceIds[0] ?? ''} was not judged`, error)
        verdicts.replace([{ source, traceIds, verdicts: [] }], before)
      }
    }
    verdicts.replace([], progress)
  }
}

function tracesOf({ traceIds }: Verdict): readonly string[] {
  return traceIds
}

/** What was received while the clock was ahead has been here since now, at the latest. */
function notLater<Received extends { readonly receivedAtMs: number }>(
  received: Received,
  nowMs: number,
): Received {
  return received.receivedAtMs <= nowMs ? received : { ...received, receivedAtMs: nowMs }
}
