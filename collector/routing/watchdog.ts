import type { TimersConfig } from '../config/config.ts'
import type { TimeoutReason } from '../upstream/classify-failure.ts'
import type { RequestOptions } from '../protocol/protocol.ts'
import type { Clock } from './clock.ts'

/** The limits of one attempt, in milliseconds (design section 4.3). */
export interface AttemptLimits {
  readonly connectMs: number
  readonly firstEventMs: number
  readonly firstContentMs: number
  readonly byteIdleMs: number
  readonly contentIdleMs: number
  /** What is left of the request's own limit. */
  readonly totalMs: number
}

export interface LimitsInput {
  readonly timers: TimersConfig
  /** Waiting must leave time for the rescue. */
  readonly otherTargetLeft: boolean
  readonly thinking: boolean
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
    contentIdleMs: Number.POSITIVE_INFINITY,
    totalMs: timers.totalMs,
  }
}

function firstEventMs({ timers, otherTargetLeft }: LimitsInput): number {
  if (timers.timeoutMs === undefined) return timers.firstEventMs
  return otherTargetLeft
    ? Math.min(timers.firstEventMs, timers.timeoutMs / FIRST_EVENT_SHARE)
    : Math.max(timers.firstEventMs, timers.timeoutMs)
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
  #cancelTimer: (() => void) | undefined

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
  content(nowMs: number): void {
    this.#contentMs = nowMs
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
    this.#cancelTimer = undefined
  }

  #enter(stage: Stage): void {
    this.#stage = stage
    this.#arm()
  }

  #arm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#stage === 'stopped') return
    const nowMs = this.#clock.now()
    const next = this.#earliest(nowMs)
    if (next.atMs === Number.POSITIVE_INFINITY) return
    // Timers may fire a fraction of a millisecond early; rounding up keeps them from spinning.
    const delayMs = Math.max(1, Math.ceil(next.atMs - nowMs))
    this.#cancelTimer = this.#clock.setTimer(delayMs, () => this.#look())
  }

  #look(): void {
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
          deadline('timeout-idle', byteMs, limits.byteIdleMs),
        ]
      case 'content': {
        const contentMs = this.#pausedMs === undefined ? this.#contentMs : nowMs
        return [
          deadline('timeout-idle', byteMs, limits.byteIdleMs),
          deadline('timeout-idle', contentMs, limits.contentIdleMs),
        ]
      }
      case 'stopped':
        return []
      default:
        return this.#stage satisfies never
    }
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
