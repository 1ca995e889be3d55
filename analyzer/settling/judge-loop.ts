import type { WriteLog } from '../log.ts'
import type { RuleOptions } from '../rules/rule-options.ts'
import type { SpanReader } from '../store/store.ts'
import type { Judgement, Verdict, VerdictStore } from '../store/verdict-store.ts'
import type { JudgeLag } from '../store/verdict-tallies.ts'
import type { RouterConfig } from '../story/router-config.ts'
import { TraceGatherer, type TraceGroup } from './gather-traces.ts'
import { judgeGroup, type JudgeGroupOptions } from './judge-group.ts'
import { KnownCrowds } from './known-crowds.ts'
import type { PendingTrace } from './pending-traces.ts'
import { saveJudgements } from './save-judgements.ts'
import type { TraceOfSource } from './trace-map.ts'
import { Unjudged } from './unjudged.ts'

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

/**
 * Follows the log of spans and judges each trace once it has settled (design section 6). What it
 * knows beyond the store can be lost at any moment: it is read again from the log.
 */
export class JudgeLoop {
  readonly #options: JudgeLoopOptions
  readonly #judging: JudgeGroupOptions
  readonly #talliedUpTo: number
  readonly #gatherer: TraceGatherer
  readonly #crowds: KnownCrowds
  #unjudged: Unjudged
  #lastTurnMs = -Infinity

  constructor(options: JudgeLoopOptions) {
    const { reader, verdicts, routerConfigs, ruleOptions } = options
    this.#options = options
    this.#talliedUpTo = verdicts.talliedUpTo()
    this.#unjudged = new Unjudged(options)
    this.#gatherer = new TraceGatherer({
      reader: {
        spansOf: (source, traceId) => this.#unjudged.spansOf({ source, traceId }),
        failuresIn: (source, range, limit) => reader.failuresIn(source, range, limit),
        startsIn: (source, range, limit) => reader.startsIn(source, range, limit),
      },
      verdicts,
    })
    this.#crowds = new KnownCrowds({
      verdicts,
      unjudgedOf: (source) => this.#unjudged.of(source),
    })
    this.#judging = {
      routerConfigs,
      ...(ruleOptions !== undefined && { ruleOptions }),
      onFailure: (what, error) => this.#logFailure(what, error),
    }
  }

  /**
   * Traces that have spans which no verdict knows of. Looks at the log first, unless one is due
   * anyway: what has been acknowledged a moment ago is not judged because nobody has read it yet.
   */
  countPending(): number {
    for (let reads = 0; reads < READS_AT_ONCE; reads += 1) {
      if (this.#isOneDue() || !this.#readSpans()) break
    }
    return this.#unjudged.traces
  }

  lag(): JudgeLag {
    return this.#unjudged.lag(this.#options.now())
  }

  get unrecognised(): number {
    return this.#unjudged.unrecognised
  }

  get withoutRequest(): number {
    return this.#unjudged.withoutRequest
  }

  /** One turn; whether there is more to do at once, and whether verdicts have changed. */
  turn(): { readonly more: boolean; readonly changed: boolean } {
    const { now } = this.#options
    if (now() < this.#lastTurnMs - CLOCK_STEP_MS) {
      // What was received before is due when it was to be, not a day later.
      this.#unjudged = new Unjudged(this.#options)
    }
    this.#lastTurnMs = now()
    // Read no faster than is judged: what waits on disk takes no memory.
    const moreToRead = this.#isOneDue() || this.#readSpans()
    const judgements: Judgement[] = []
    const untilMs = now() + JUDGE_MS
    for (let looked = 0; looked < JUDGE_TRACES; looked += 1) {
      const trace = this.#unjudged.takeNext(this.#timeOfJudging())
      if (trace === undefined) break
      judgements.push(...this.#orGiveUp(trace, () => this.#judgeTrace(trace)))
      if (now() >= untilMs) break
    }
    if (judgements.length > 0) this.#save(judgements)
    this.#gatherer.stored()
    return { more: moreToRead || this.#isOneDue(), changed: judgements.length > 0 }
  }

  #isOneDue(): boolean {
    return (this.#unjudged.nextMs ?? Infinity) <= this.#timeOfJudging()
  }

  #timeOfJudging(): number {
    return this.#unjudged.timeOfJudging(this.#options.now())
  }

  /** Whether there may be more. */
  #readSpans(): boolean {
    return this.#unjudged.read(this.#options.now(), (chunk) => this.#gatherer.notice(chunk))
  }

  #judgeTrace(trace: PendingTrace): readonly Judgement[] {
    const { source, traceId } = trace
    const nowMs = this.#timeOfJudging()
    const group = this.#gather({ source, traceId }, nowMs)
    if (group.unsettled.length > 0 && trace.waitUntilMs === undefined) {
      // Half of a joined request would be another verdict, to be withdrawn when the rest settles.
      const until = Math.min(this.#whenToTell(source, group), nowMs + this.#options.settleMs)
      this.#unjudged.wait(trace, until)
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
      if (told.has(id)) continue
      if (id !== traceId && !this.#unjudged.isSettled({ source, traceId: id }, nowMs)) continue
      const its = id === traceId ? group : this.#gather({ source, traceId: id }, nowMs)
      const judged = judgeGroup(source, its, this.#judging)
      this.#gatherer.tell(source, its)
      const requests = new Set(judged.flatMap(({ verdicts: all }) => all.flatMap(tracesOf)))
      for (const [member, arrivals] of its.traces) {
        told.add(member)
        const isTold = requests.has(member)
        this.#unjudged.settle({ source, traceId: member }, { arrivals, isTold })
        for (const other of verdicts.toldWith(source, member)) toTell.add(other)
      }
      for (const other of this.#crowds.newlyCrowded(source, its)) toTell.add(other)
      judgements.push(...judged.map((one) => ({ ...one, again })))
    }
    return judgements
  }

  #gather(trace: TraceOfSource, nowMs: number): TraceGroup {
    const { source } = trace
    return this.#gatherer.gather(trace, (traceId) =>
      this.#unjudged.isSettled({ source, traceId }, nowMs),
    )
  }

  /**
   * When all of it has settled. A large group grows on while it is told, and each time it is told
   * whole: its traces wake at one time, and seldom, so that it is told once for many of them.
   */
  #whenToTell(source: string, { traces, unsettled }: TraceGroup): number {
    let latest = -Infinity
    for (const traceId of unsettled) {
      const trace = this.#unjudged.get({ source, traceId })
      if (trace !== undefined) latest = Math.max(latest, this.#unjudged.dueAtMs(trace))
    }
    const stepMs = WAKE_MS_PER_TRACE * 2 ** Math.floor(Math.log2(traces.size))
    return traces.size < LARGE_GROUP ? latest : Math.ceil(latest / stepMs) * stepMs
  }

  /** One trace that cannot be judged must not stop the others; its spans are kept. */
  #orGiveUp(trace: PendingTrace, judgeIt: () => readonly Judgement[]): readonly Judgement[] {
    try {
      return judgeIt()
    } catch (error: unknown) {
      if (this.#options.isStoreTrouble(error)) throw error
      this.#unjudged.giveUp(trace)
      const { source, traceId } = trace
      this.#logFailure(`trace ${traceId} was not judged`, error)
      return [{ source, traceIds: [traceId], verdicts: [] }]
    }
  }

  #save(judgements: readonly Judgement[]): void {
    const { verdicts, isStoreTrouble } = this.#options
    saveJudgements(judgements, {
      verdicts,
      progress: this.#unjudged.progress(),
      isStoreTrouble,
      onFailure: (what, error) => this.#logFailure(what, error),
    })
  }

  #logFailure(what: string, error: unknown): void {
    const why = error instanceof Error ? (error.stack ?? error.message) : 'unknown'
    this.#options.log(`${what}: ${why}`, 'error')
  }
}

function tracesOf({ traceIds }: Verdict): readonly string[] {
  return traceIds
}
