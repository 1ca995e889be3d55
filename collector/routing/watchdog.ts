import type { TimersConfig } from '../config/config.ts'
import type { TimeoutReason } from '../upstream/classify-failure.ts'
import type { RequestOptions } from '../protocol/protocol.ts'
import type { Api } from '../vocabulary.ts'
import type { Clock } from './clock.ts'

/** The limits of one attempt, in milliseconds (design section 4.3). */
export interface AttemptLimits {
  readonly connectMs: number
  readonly firstEventMs: number
  readonly firstContentMs: number
  readonly byteIdleMs: number
  /** The same before the first content. */
  readonly preludeIdleMs: number
  readonly contentIdleMs: number
  /** What is left of the request's own limit. */
  readonly totalMs: number
}

export interface LimitsInput {
  readonly timers: TimersConfig
  /** Waiting must leave time for the rescue. */
  readonly otherTargetLeft: boolean
  /** The request asks for thinking, or the model is known to think first. */
  readonly thinking: boolean
  /** What the target speaks: Responses and Messages open before they think, Chat does not. */
  readonly targetApi: Api
  /** Since the request came. */
  readonly elapsedMs: number
}

/** A client's own `timeout` and `stream_timeout` mean what they mean in the configuration. */
export function timersFor(timers: TimersConfig, options: RequestOptions): TimersConfig {
  const { timeoutMs, streamTimeoutMs } = options
  if (timeoutMs === undefined && streamTimeoutMs === undefined) return timers
  return {
    ...timers,
    byteIdleMs: streamTimeoutMs ?? timeoutMs ?? timers.byteIdleMs,
    thinkingIdleMs: streamTimeoutMs ?? timeoutMs ?? timers.thinkingIdleMs,
    ...(timeoutMs !== undefined && {
      timeoutMs,
      totalMs: timeoutMs,
      firstContentMs: Math.max(timers.firstContentMs, timeoutMs),
      firstContentReasoningMs: Math.max(timers.firstContentReasoningMs, timeoutMs),
    }),
  }
}

/** Half a `timeout` is no time for a rescue; a third leaves two more tries. */
const FIRST_EVENT_SHARE = 3

export function streamLimits(input: LimitsInput): AttemptLimits {
  const { timers } = input
  return {
    connectMs: timers.connectMs,
    firstEventMs: firstEventMs(input),
    firstContentMs: input.thinking ? timers.firstContentReasoningMs : timers.firstContentMs,
    byteIdleMs: timers.byteIdleMs,
    preludeIdleMs: input.thinking ? timers.thinkingIdleMs : timers.byteIdleMs,
    contentIdleMs: timers.contentIdleMs,
    totalMs: Math.max(1, timers.totalStreamMs - input.elapsedMs),
  }
}

/** Connect and total only: a provider that thinks before it answers in one piece is not silent. */
export function answerLimits(timers: TimersConfig): AttemptLimits {
  return {
    connectMs: timers.connectMs,
    firstEventMs: Number.POSITIVE_INFINITY,
    firstContentMs: Number.POSITIVE_INFINITY,
    byteIdleMs: Number.POSITIVE_INFINITY,
    preludeIdleMs: Number.POSITIVE_INFINITY,
    contentIdleMs: Number.POSITIVE_INFINITY,
    totalMs: timers.totalMs,
  }
}

function firstEventMs(input: LimitsInput): number {
  const { timers, otherTargetLeft } = input
  const { timeoutMs } = timers
  const thinksInSilence = input.thinking && input.targetApi === 'chat'
  const patienceMs = thinksInSilence ? timers.firstContentReasoningMs : timers.firstEventMs
  if (timeoutMs === undefined) return patienceMs
  if (!otherTargetLeft) return Math.max(patienceMs, timeoutMs)
  const shareMs = timeoutMs / FIRST_EVENT_SHARE
  // A third of 30 s would give up every thought of a model that cannot say that it thinks.
  return Math.min(patienceMs, thinksInSilence ? Math.max(timers.firstEventMs, shareMs) : shareMs)
}

export type Expired = (reason: TimeoutReason, limitMs: number) => void

type Stage = 'connecting' | 'silent' | 'prelude' | 'content' | 'stopped'

/**
 * Watches one attempt for silence. Marks are plain stores, for they come with every chunk; one
 * timer sleeps until the earliest deadline, looks, and sleeps again.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #limits: AttemptLimits
  readonly #expired: Expired
  #stage: Stage = 'connecting'
  readonly #startMs: number
  #byteMs: number
  #contentMs: number
  #pausedMs: number | undefined
  #inToolCall = false
  #cancelTimer: (() => void) | undefined
  /** When the timer looks. It is only set anew to look earlier: it may look in vain. */
  #looksAtMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, limits: AttemptLimits, expired: Expired) {
    this.#clock = clock
    this.#limits = limits
    this.#expired = expired
    this.#startMs = clock.now()
    this.#byteMs = this.#startMs
    this.#contentMs = this.#startMs
    this.#arm()
  }

  connected(): void {
    if (this.#stage === 'connecting') this.#enter('silent')
  }

  /** Any complete event or comment: the target lives. */
  event(): void {
    if (this.#stage === 'silent') this.#enter('prelude')
  }

  bytes(nowMs: number): void {
    this.#byteMs = nowMs
  }

  /** Progress; pings and comments are none. */
  content(nowMs: number, isToolCall: boolean): void {
    this.#contentMs = nowMs
    if (isToolCall !== this.#inToolCall) {
      this.#inToolCall = isToolCall
      this.#arm()
    }
    if (this.#stage === 'silent' || this.#stage === 'prelude') this.#enter('content')
  }

  /** The client is slow: what the target does not send now is not its fault. */
  pause(): void {
    this.#pausedMs ??= this.#clock.now()
  }

  resume(): void {
    if (this.#pausedMs === undefined) return
    this.#pausedMs = undefined
    this.#byteMs = this.#clock.now()
    this.#contentMs = this.#byteMs
  }

  stop(): void {
    this.#stage = 'stopped'
    this.#cancelTimer?.()
  }

  #enter(stage: Stage): void {
    this.#stage = stage
    this.#arm()
  }

  #arm(): void {
    if (this.#stage === 'stopped') return
    const nowMs = this.#clock.now()
    const next = this.#earliest(nowMs)
    if (next.atMs >= this.#looksAtMs) return
    this.#looksAtMs = next.atMs
    this.#cancelTimer?.()
    // Timers may fire a fraction of a millisecond early; rounding up keeps them from spinning.
    const delayMs = Math.max(1, Math.ceil(next.atMs - nowMs))
    this.#cancelTimer = this.#clock.setTimer(delayMs, () => this.#look())
  }

  #look(): void {
    this.#looksAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.now()
    const due = this.#earliest(nowMs)
    if (due.atMs > nowMs) {
      this.#arm()
      return
    }
    this.stop()
    this.#expired(due.reason, due.limitMs)
  }

  #earliest(nowMs: number): Deadline {
    const { totalMs } = this.#limits
    let earliest = deadline('timeout-total', this.#startMs, totalMs)
    for (const candidate of this.#stageDeadlines(nowMs)) {
      if (candidate.atMs < earliest.atMs) earliest = candidate
    }
    return earliest
  }

  #stageDeadlines(nowMs: number): readonly Deadline[] {
    const limits = this.#limits
    const byteMs = this.#pausedMs === undefined ? this.#byteMs : nowMs
    switch (this.#stage) {
      case 'connecting':
        return [deadline('timeout-connect', this.#startMs, limits.connectMs)]
      case 'silent':
        return [
          deadline('timeout-first-event', this.#startMs, limits.firstEventMs),
          deadline('timeout-first-content', this.#startMs, limits.firstContentMs),
        ]
      case 'prelude':
        return [
          deadline('timeout-first-content', this.#startMs, limits.firstContentMs),
          deadline('timeout-idle', byteMs, limits.preludeIdleMs),
        ]
      case 'content': {
        const contentMs = this.#pausedMs === undefined ? this.#contentMs : nowMs
        return [
          deadline('timeout-idle', byteMs, this.#byteIdleMs()),
          deadline('timeout-idle', contentMs, limits.contentIdleMs),
        ]
      }
      case 'stopped':
        return []
      default:
        return this.#stage satisfies never
    }
  }

  /**
   * Arguments come one whole value at a time, with pauses in which the model works (Anthropic's
   * streaming documentation); a cut there could not be continued by anybody.
   */
  #byteIdleMs(): number {
    const { byteIdleMs, contentIdleMs } = this.#limits
    return this.#inToolCall ? Math.max(byteIdleMs, contentIdleMs) : byteIdleMs
  }
}

interface Deadline {
  readonly reason: TimeoutReason
  readonly atMs: number
  readonly limitMs: number
}

function deadline(reason: TimeoutReason, sinceMs: number, limitMs: number): Deadline {
  return { reason, atMs: sinceMs + limitMs, limitMs: Math.round(limitMs) }
}
