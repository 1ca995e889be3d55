import { judge } from '../rules/judge.ts'
import type { LoggedChunk, SpanReader } from '../store/store.ts'
import type { Judgement, Progress, VerdictStore } from '../store/verdict-store.ts'
import type { JudgeLag } from '../store/verdict-tallies.ts'
import { assembleStories, isRecognised } from '../story/assemble.ts'
import type { RouterConfig } from '../story/router-config.ts'
import { dueAtMs, SETTLE_AFTER_REQUEST_SPAN_MS, type Arrival } from '../story/settle.ts'
import { TraceGatherer, type TraceGroup, type TraceOfSource } from './gather-traces.ts'
import { decisiveArrivals, pendingKey, type PendingTrace } from './pending-trace.ts'
import { toVerdict } from './to-verdict.ts'

export interface JudgeLoopOptions {
  readonly reader: SpanReader
  readonly verdicts: VerdictStore
  readonly routerConfigs: ReadonlyMap<string, RouterConfig>
  readonly settleMs: number
  /** Disk full, file locked: it passes, and is no trace's fault. Anything else is the trace's. */
  readonly isStoreTrouble: (error: unknown) => boolean
  /** The clock of `receivedAtMs`. */
  readonly now: () => number
  readonly log: (line: string) => void
}

/** Per turn, so that reads are answered in between. */
const READ_SPANS = 4000
const JUDGE_TRACES = 100
const JUDGE_MS = 100
const READS_AT_ONCE = 5

/**
 * Follows the log of spans and judges each trace once it has settled (design section 6). What it
 * knows beyond the store can be lost at any moment: it is read again from the log.
 */
export class JudgeLoop {
  readonly #options: JudgeLoopOptions
  readonly #pending = new Map<string, PendingTrace>()
  #readUpTo: number
  #progress: Progress
  /** Knows nothing that is older than the newest span that was read. */
  #gatherer: TraceGatherer

  constructor(options: JudgeLoopOptions) {
    this.#options = options
    this.#progress = options.verdicts.progress()
    this.#gatherer = new TraceGatherer(options.reader)
    this.#readUpTo = this.#progress.judgedUpTo
  }

  /**
   * Traces that have spans which no verdict knows of. Looks at the log first: what has been
   * acknowledged a moment ago is not judged because nobody has read it yet.
   */
  countPending(): number {
    for (let reads = 0; reads < READS_AT_ONCE; reads += 1) {
      if (!this.#readSpans()) break
    }
    return this.#pending.size
  }

  /** Of what was read; `countPending` looks at the log. */
  lag(): JudgeLag {
    const nowMs = this.#options.now()
    let spans = 0
    let oldestReceivedMs: number | undefined
    let overdueSinceMs: number | undefined
    for (const trace of this.#pending.values()) {
      spans += trace.newSpans
      oldestReceivedMs = Math.min(oldestReceivedMs ?? Infinity, trace.firstReceivedMs)
      const dueMs = this.#dueAtMs(trace)
      if (dueMs < nowMs) overdueSinceMs = Math.min(overdueSinceMs ?? Infinity, dueMs)
    }
    return { spans, oldestReceivedMs, overdueSinceMs }
  }

  get unrecognised(): number {
    return this.#progress.unrecognised
  }

  /** One turn; whether there is more to do at once, and whether verdicts have changed. */
  turn(): { readonly more: boolean; readonly changed: boolean } {
    const read = this.#readSpans()
    const due = this.#takeDue()
    const judgements: Judgement[] = []
    const untilMs = this.#options.now() + JUDGE_MS
    let looked = 0
    for (const trace of due) {
      judgements.push(...this.#orGiveUp(trace, () => this.#judgeTrace(trace)))
      looked += 1
      if (this.#options.now() >= untilMs) break
    }
    if (judgements.length > 0) this.#save(judgements)
    return {
      more: read || due.length === JUDGE_TRACES || looked < due.length,
      changed: judgements.length > 0,
    }
  }

  /** Whether there may be more. */
  #readSpans(): boolean {
    const chunks = this.#options.reader.readAfter(this.#readUpTo, READ_SPANS)
    if (chunks.length > 0) this.#gatherer = new TraceGatherer(this.#options.reader)
    let read = 0
    for (const chunk of chunks) {
      this.#readUpTo = chunk.position
      read += chunk.spans.length
      this.#await(chunk)
      if (chunk.unreadable === 0) continue
      const { unreadable, position } = chunk
      this.#options.log(
        `stored spans cannot be read (${unreadable} at ${position}); the others are judged`,
      )
    }
    return read >= READ_SPANS
  }

  #await({ position, source, receivedAtMs, spans }: LoggedChunk): void {
    const [first] = spans
    if (first === undefined) return
    const key = pendingKey(source, first.traceId)
    const known = this.#pending.get(key)
    const arrivals = spans.map((span) => ({ span, receivedAtMs }))
    this.#pending.set(key, {
      source,
      traceId: first.traceId,
      firstPosition: known?.firstPosition ?? position,
      newSpans: (known?.newSpans ?? 0) + spans.length,
      firstReceivedMs: known?.firstReceivedMs ?? receivedAtMs,
      arrivals: decisiveArrivals([...(known?.arrivals ?? []), ...arrivals]),
      complete: known?.complete ?? false,
      waitUntilMs: undefined,
    })
  }

  #takeDue(): readonly PendingTrace[] {
    const nowMs = this.#options.now()
    const due: PendingTrace[] = []
    for (const [key, trace] of this.#pending) {
      const current = this.#withEarlierSpans(key, trace, nowMs)
      if (this.#dueAtMs(current) > nowMs) continue
      due.push(current)
      if (due.length === JUDGE_TRACES) break
    }
    return due
  }

  /**
   * A span that comes late to a judged trace is not alone: its request span, for which it would
   * otherwise wait for half an hour, may have come long before it.
   */
  #withEarlierSpans(key: string, trace: PendingTrace, nowMs: number): PendingTrace {
    if (trace.complete) return trace
    const last = Math.max(...trace.arrivals.map((arrival) => arrival.receivedAtMs))
    if (nowMs < last + SETTLE_AFTER_REQUEST_SPAN_MS) return trace
    if (this.#dueAtMs(trace) <= nowMs) return trace
    const { spans } = this.#options.reader.spansOf(trace.source, trace.traceId)
    const complete = { ...trace, complete: true, arrivals: decisiveArrivals(spans) }
    this.#pending.set(key, complete)
    return complete
  }

  #dueAtMs(trace: PendingTrace): number {
    return trace.waitUntilMs ?? dueAtMs(trace.arrivals, this.#options.settleMs)
  }

  #judgeTrace({ source, traceId, waitUntilMs }: PendingTrace): readonly Judgement[] {
    const key = pendingKey(source, traceId)
    // Judged a moment ago, as the neighbour of another.
    const trace = this.#pending.get(key)
    if (trace === undefined) return []
    const group = this.#gatherer.gather({ source, traceId })
    const nowMs = this.#options.now()
    const latest = this.#latestDue(source, group)
    if (latest > nowMs && waitUntilMs === undefined) {
      // Half of a joined request would be another verdict, to be withdrawn when the rest settles.
      const until = Math.min(latest, nowMs + this.#options.settleMs)
      this.#pending.set(key, { ...trace, waitUntilMs: until })
      return []
    }
    for (const id of group.traces.keys()) {
      const member = this.#pending.get(pendingKey(source, id))
      if (member !== undefined && (id === traceId || this.#dueAtMs(member) <= nowMs)) {
        this.#pending.delete(pendingKey(source, id))
        this.#countUnrecognised(member, group.traces.get(id) ?? [])
      }
    }
    return this.#judgeGroup(source, group)
  }

  /** One trace that cannot be judged must not stop the others; its spans are kept. */
  #orGiveUp({ source, traceId }: TraceOfSource, judgeIt: () => readonly Judgement[]) {
    try {
      return judgeIt()
    } catch (error: unknown) {
      if (this.#options.isStoreTrouble(error)) throw error
      this.#pending.delete(pendingKey(source, traceId))
      return [this.#notJudged({ source, traceId }, error)]
    }
  }

  #notJudged({ source, traceId }: TraceOfSource, error: unknown): Judgement {
    this.#logFailure(`trace ${traceId} was not judged`, error)
    return { source, traceIds: [traceId], verdicts: [] }
  }

  /** Spans beside recognised ones (of a web framework, say) are no sign that something is wrong. */
  #countUnrecognised({ newSpans }: PendingTrace, arrivals: readonly Arrival[]): void {
    if (arrivals.some(({ span }) => isRecognised(span))) return
    const unrecognised = this.#progress.unrecognised + newSpans
    this.#progress = { ...this.#progress, unrecognised }
  }

  #latestDue(source: string, group: TraceGroup): number {
    let latest = -Infinity
    for (const id of group.traces.keys()) {
      const member = this.#pending.get(pendingKey(source, id))
      if (member !== undefined) {
        latest = Math.max(latest, dueAtMs(member.arrivals, this.#options.settleMs))
      }
    }
    return latest
  }

  #judgeGroup(source: string, group: TraceGroup): readonly Judgement[] {
    const [first = '', ...others] = group.traces.keys()
    try {
      return [this.#toJudgement(source, group)]
    } catch (error: unknown) {
      if (others.length === 0) return [this.#notJudged({ source, traceId: first }, error)]
      // One of them cannot be judged: apart from it, each is told for itself.
      return [...group.traces].flatMap(([id, spans]) =>
        this.#judgeGroup(source, { traces: new Map([[id, spans]]), crowded: true }),
      )
    }
  }

  #toJudgement(source: string, group: TraceGroup): Judgement {
    const arrivals = [...group.traces.values()].flat()
    const nowMs = arrivals.reduce((last, { receivedAtMs }) => Math.max(last, receivedAtMs), 0)
    const stories = assembleStories({
      source,
      spans: arrivals.map((arrival) => arrival.span),
      routerConfig: this.#options.routerConfigs.get(source),
      crowded: group.crowded,
    })
    const verdicts = stories.map((story) => {
      const findings = judge(story, {
        onRuleError: (rule, error) => this.#logFailure(`rule ${rule.id} failed`, error),
      })
      return toVerdict(story, { findings, nowMs })
    })
    return { source, traceIds: [...group.traces.keys()], verdicts }
  }

  #logFailure(what: string, error: unknown): void {
    this.#options.log(
      `${what}: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`,
    )
  }

  #save(judgements: readonly Judgement[]): void {
    let judgedUpTo = this.#readUpTo
    for (const { firstPosition } of this.#pending.values()) {
      judgedUpTo = Math.min(judgedUpTo, firstPosition - 1)
    }
    this.#progress = { ...this.#progress, judgedUpTo }
    try {
      this.#options.verdicts.replace(judgements, this.#progress)
    } catch (error: unknown) {
      if (this.#options.isStoreTrouble(error)) throw error
      this.#saveApart(judgements)
    }
  }

  /** One of them cannot be kept; which one, only trying tells. */
  #saveApart(judgements: readonly Judgement[]): void {
    for (const judgement of judgements) {
      try {
        this.#options.verdicts.replace([judgement], this.#progress)
      } catch (error: unknown) {
        if (this.#options.isStoreTrouble(error)) throw error
        const { source, traceIds } = judgement
        this.#logFailure(`trace ${traceIds[0] ?? ''} was not judged`, error)
        this.#options.verdicts.replace([{ source, traceIds, verdicts: [] }], this.#progress)
      }
    }
  }
}
