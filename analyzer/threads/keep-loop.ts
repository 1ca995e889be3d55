import type { WriteLog } from '../log.ts'
import { messageOf } from '../message-of.ts'
import type { RetentionClock } from '../store/retention-clock.ts'
import type { KeepingReport, PartTotals } from '../store/keeping-report.ts'
import type { SpanKeeper, SpanLimits, StorePart, Watermark } from '../store/store.ts'

export interface KeepLoopOptions {
  readonly keeper: SpanKeeper
  readonly watermark: Watermark
  readonly limits: SpanLimits
  readonly clock: RetentionClock
  readonly now: () => number
  readonly log: WriteLog
  /** Called where something changed. */
  readonly report: (report: KeepingReport) => void
}

/** Between two steps of one task: others have their turn. */
const PAUSE_MS = 5

/** While there is nothing to do. At full speed some 100 MiB come meanwhile. */
const IDLE_MS = 2000

/** After trouble with the disk, which mostly is another's to mend. */
const TROUBLE_MS = 10_000

/** What cannot be read is looked for so often: by then somebody may have put it right. */
const LOOK_MS = 60_000

/** Of the age that is kept: a clock that is less ahead would have dropped little. */
const AHEAD_SHARE = 0.25

/** Drops and packs what is to be dropped and packed, and says what it could not do. */
export class KeepLoop {
  readonly #options: KeepLoopOptions
  #lookedAtMs = -Infinity
  /** Why the last turn came to nothing. */
  #thrown: string | undefined
  /** What could not be done, until something else was: it is tried again much later. */
  #failed: string | undefined
  /** What is wrong with the clock, as far as that can be told. */
  #disbelieved: string | undefined
  #damaged: readonly string[] = []
  #setAsideBytes = 0
  #parts: readonly PartTotals[] | undefined
  #reported: string | undefined

  constructor(options: KeepLoopOptions) {
    this.#options = options
  }

  /** One step; when the next one is due. */
  turn(): number {
    const { keeper, watermark, limits, clock, log } = this.#options
    try {
      this.#lookAtClock()
      const now = { nowMs: clock.nowMs(), judgedUpTo: watermark.judgedUpTo() }
      const tidied = keeper.tidy(limits, now)
      for (const line of tidied.done) log(line)
      for (const line of tidied.failed) log(line, 'warn')
      if (tidied.failed.length > 0) this.#failed = tidied.failed.at(-1)
      else if (tidied.done.length > 0) this.#failed = undefined
      this.#thrown = undefined
      this.#look()
      this.#report()
      return tidied.more ? PAUSE_MS : IDLE_MS
    } catch (error: unknown) {
      const why = messageOf(error)
      if (why !== this.#thrown) log(`old spans are neither packed nor dropped: ${why}`, 'warn')
      this.#thrown = why
      this.#report()
      return TROUBLE_MS
    }
  }

  /** Who comes back after a quiet week-end has nothing to hear of it. */
  #lookAtClock(): void {
    const { clock, limits } = this.#options
    const disbelief = clock.disbelief()
    if (disbelief === undefined || disbelief.aheadMs < AHEAD_SHARE * limits.ageMsMax) {
      this.#disbelieved = undefined
      return
    }
    if (this.#disbelieved !== undefined) return
    const { aheadMs, forMs } = disbelief
    const ahead = `the clock is ${inHours(aheadMs)} h ahead of what was received`
    this.#disbelieved = `${ahead}: nothing is dropped for that before it said so for 6 hours`
    this.#options.log(`${this.#disbelieved} (${inHours(forMs)} h are left)`, 'warn')
  }

  #look(): void {
    const { keeper, now } = this.#options
    // Also where the clock was put back.
    if (Math.abs(now() - this.#lookedAtMs) < LOOK_MS) return
    this.#lookedAtMs = now()
    const { damaged, setAside, parts } = keeper.stats()
    this.#damaged = damaged
    this.#setAsideBytes = setAside.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#parts = KINDS.map((kind) => totalOf(kind, parts))
  }

  #report(): void {
    const report = {
      trouble: this.#thrown ?? this.#disbelieved ?? this.#failed,
      damaged: this.#damaged,
      setAsideBytes: this.#setAsideBytes,
      parts: this.#parts,
    }
    const text = JSON.stringify(report)
    if (text === this.#reported) return
    this.#reported = text
    this.#options.report(report)
  }
}

function inHours(ms: number): number {
  return Math.round(ms / 3_600_000)
}

const KINDS: readonly StorePart['kind'][] = ['open', 'sealed', 'packed']

function totalOf(kind: StorePart['kind'], parts: readonly StorePart[]): PartTotals {
  const own = parts.filter((part) => part.kind === kind)
  return {
    kind,
    count: own.length,
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    spans: own.reduce((sum, { spans }) => sum + spans, 0),
  }
}
