import { messageOf } from '../message-of.ts'
import { JudgeLoop, type JudgeLoopOptions } from '../settling/judge-loop.ts'
import { regressionTurns } from '../incidents/lifecycle.ts'
import type { ActStore } from '../store/act-store.ts'
import type { RetentionClock } from '../store/retention-clock.ts'
import type { RenewableVerdicts, VerdictLimits } from '../store/verdict-store.ts'
import type { JudgeEvent } from './worker-data.ts'

export interface JudgeTurnsOptions extends JudgeLoopOptions {
  readonly verdicts: RenewableVerdicts
  readonly acts: ActStore
  readonly limits: VerdictLimits
  readonly clock: RetentionClock
  readonly emit: (event: JudgeEvent) => void
}

const PRUNE_INTERVAL_MS = 60_000
/** Between two looks at the log: fine enough for a short `settle_ms`, idle otherwise. */
const TURN_MS_MIN = 10
const TURN_MS_MAX = 200
/** Disk full, file locked. */
const AFTER_FAILURE_MS = 1000

/** Judges turn by turn, drops old verdicts in between, and pauses while the store is in trouble. */
export class JudgeTurns {
  readonly #options: JudgeTurnsOptions
  readonly #turnMs: number
  #loop: JudgeLoop
  #prunedAtMs: number
  #mutesLookedAtMs: number
  #paused: { readonly sinceMs: number; readonly why: string } | undefined
  /** When all that could be judged was judged for the first time. */
  #idleSinceMs: number | undefined
  #caughtUp = false

  constructor(options: JudgeTurnsOptions) {
    this.#options = options
    this.#turnMs = Math.min(Math.max(options.settleMs / 10, TURN_MS_MIN), TURN_MS_MAX)
    this.#loop = new JudgeLoop(options)
    this.#prunedAtMs = options.now()
    this.#mutesLookedAtMs = options.now()
  }

  /** What judges now: another one after each pause. */
  get loop(): JudgeLoop {
    return this.#loop
  }

  get pausedSinceMs(): number | undefined {
    return this.#paused?.sinceMs
  }

  /** Whether something of what stood there when all was to be made anew is still to be judged. */
  get isDeriving(): boolean {
    const { verdicts } = this.#options
    return !this.#caughtUp && verdicts.progress().judgedUpTo < verdicts.anewUpTo()
  }

  /** One turn; after how long the next one is due. */
  turn(): number {
    try {
      // All that a loop knows stands in the files: after trouble it starts again there. A question
      // may have met the damage, between two turns.
      const renewed = this.#options.verdicts.renew()
      if (renewed || this.#paused !== undefined) {
        this.#loop = new JudgeLoop(this.#options)
        this.#idleSinceMs = undefined
        this.#caughtUp = false
      }
      const wasDeriving = this.isDeriving
      const { more, changed } = this.#loop.turn()
      if (!more) this.#catchUp()
      this.#resume()
      this.#rememberActs()
      if (changed || wasDeriving !== this.isDeriving || this.#hasMuteEnded())
        this.#options.emit('changed')
      this.#prune({ isBehind: more })
      return more ? 0 : this.#turnMs
    } catch (error: unknown) {
      this.#pause(messageOf(error))
      return AFTER_FAILURE_MS
    }
  }

  /** Behind two settling times, one of a trace and one of its group, only roots are waited for. */
  #catchUp(): void {
    const { now, settleMs } = this.#options
    this.#idleSinceMs ??= now()
    this.#caughtUp ||= now() - this.#idleSinceMs >= 2 * settleMs
  }

  #resume(): void {
    if (this.#paused === undefined) return
    this.#options.log('judging goes on')
    this.#options.emit('resumed')
    this.#paused = undefined
  }

  #pause(why: string): void {
    const { log, emit, now } = this.#options
    if (this.#paused?.why !== why) log(`judging pauses: ${why}`, 'error')
    if (this.#paused === undefined) emit('paused')
    this.#paused = { sinceMs: this.#paused?.sinceMs ?? now(), why }
  }

  /** Pages that show it as muted are to look again. */
  #hasMuteEnded(): boolean {
    const sinceMs = this.#mutesLookedAtMs
    const nowMs = this.#options.now()
    this.#mutesLookedAtMs = nowMs
    return this.#options.acts.hasMuteEndIn(sinceMs, nowMs)
  }

  /** Verdicts that are made anew know of no act, and could not miss the file of them. */
  #rememberActs(): void {
    const { verdicts, acts } = this.#options
    if (verdicts.actsUpTo() !== acts.lastId()) verdicts.rememberActs(acts.lastId())
  }

  #prune({ isBehind }: { readonly isBehind: boolean }): void {
    const { verdicts, acts, limits, clock, now } = this.#options
    const lookedAtMs = now()
    // Also where the clock was put back.
    if (Math.abs(lookedAtMs - this.#prunedAtMs) <= PRUNE_INTERVAL_MS) return
    const nowMs = clock.nowMs()
    // Steps follow each other with a turn of judging between them.
    if (verdicts.prune(limits, nowMs, (id) => regressionTurns(acts.actsOf(id)))) return
    const isForgotten = (id: string): boolean => verdicts.incident(id) === undefined
    // While they are derived, they do not have all of their incidents yet.
    if (!isBehind && acts.forget(nowMs - limits.incidentAgeMsMax, isForgotten)) return
    this.#prunedAtMs = lookedAtMs
  }
}
