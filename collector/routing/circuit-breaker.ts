import type { BreakerConfig } from '../config/config.ts'
import type { BreakerState } from '../vocabulary.ts'
import type { Failure } from '../upstream/failure.ts'
import { isQuota } from '../upstream/error-texts.ts'

/**
 * Per deployment, never per host or key: one host serves many models. It opens after consecutive
 * failures, lets one real request through as a probe when its time is over, and closes when that
 * succeeds. Nothing is probed on its own account: a probe costs tokens.
 */
export interface CircuitBreaker {
  readonly state: BreakerState
  /** Whether a request may go there now; does not take the probe. */
  permits(nowMs: number): Permit
  /** An attempt starts; takes the probe where one is due. */
  start(nowMs: number): void
  /** Content reached a client: a probe need not last as long as its stream to be believed. */
  delivered(): void
  succeeded(): void
  failed(failure: Failure, nowMs: number): void
  /** The attempt ended without a verdict on the target: cancelled, or our own fault. */
  undecided(): void
}

export type Permit = 'yes' | 'breaker_open' | 'cooling_down'

type State =
  | { readonly value: 'closed'; readonly failures: number }
  | { readonly value: 'open'; readonly untilMs: number; readonly openMs: number }
  | { readonly value: 'half_open'; readonly probing: boolean; readonly openMs: number }

export function createCircuitBreaker(config: BreakerConfig): CircuitBreaker {
  return new Breaker(config)
}

class Breaker implements CircuitBreaker {
  readonly #config: BreakerConfig
  #inner: State = { value: 'closed', failures: 0 }
  /** Set by a provider's own word (`Retry-After`, quota), apart from the breaker's counting. */
  #coolUntilMs = Number.NEGATIVE_INFINITY

  constructor(config: BreakerConfig) {
    this.#config = config
  }

  get state(): BreakerState {
    return this.#inner.value
  }

  permits(nowMs: number): Permit {
    if (nowMs < this.#coolUntilMs) return 'cooling_down'
    const inner = this.#inner
    switch (inner.value) {
      case 'closed':
        return 'yes'
      case 'open':
        return nowMs >= inner.untilMs ? 'yes' : 'breaker_open'
      case 'half_open':
        return inner.probing ? 'breaker_open' : 'yes'
      default:
        return inner satisfies never
    }
  }

  start(nowMs: number): void {
    const inner = this.#inner
    if (inner.value === 'half_open' || (inner.value === 'open' && nowMs >= inner.untilMs)) {
      this.#inner = { value: 'half_open', probing: true, openMs: inner.openMs }
    }
  }

  delivered(): void {
    if (this.#inner.value !== 'half_open') return
    // Not forgiven yet: a target that sends and then breaks opens again with its next failure.
    this.#inner = { value: 'closed', failures: this.#config.failuresToOpen - 1 }
  }

  succeeded(): void {
    // A cool-down runs out by itself: streams that began before a 429 still end well after it.
    this.#inner = { value: 'closed', failures: 0 }
  }

  failed(failure: Failure, nowMs: number): void {
    this.#coolDown(failure, nowMs)
    if (!countsAgainst(failure)) {
      this.undecided()
      return
    }
    const inner = this.#inner
    switch (inner.value) {
      case 'closed':
        if (inner.failures + 1 < this.#config.failuresToOpen) {
          this.#inner = { value: 'closed', failures: inner.failures + 1 }
        } else this.#open(this.#config.firstOpenMs, nowMs)
        return
      case 'open':
        // A request that began before the breaker opened: no news.
        return
      case 'half_open':
        this.#open(this.#nextOpenMs(inner.openMs, failure), nowMs)
        return
      default:
        inner satisfies never
    }
  }

  undecided(): void {
    const inner = this.#inner
    if (inner.value === 'half_open') {
      this.#inner = { value: 'half_open', probing: false, openMs: inner.openMs }
    }
  }

  #open(openMs: number, nowMs: number): void {
    this.#inner = { value: 'open', untilMs: nowMs + openMs, openMs }
  }

  /** A probe that times out costs its client the wait, so such probes become rarer. */
  #nextOpenMs(openMs: number, failure: Failure): number {
    if (!failure.reason.startsWith('timeout-')) return this.#config.openMs
    return Math.min(this.#config.openMaxMs, Math.max(this.#config.openMs, openMs * 2))
  }

  #coolDown(failure: Failure, nowMs: number): void {
    const namedMs = Math.min(failure.retryAfterMs ?? 0, COOL_MS_MAX)
    const coolMs = isQuotaSpent(failure) ? Math.max(this.#config.quotaOpenMs, namedMs) : namedMs
    if (coolMs > 0) this.#coolUntilMs = Math.max(this.#coolUntilMs, nowMs + coolMs)
  }
}

/**
 * What a provider asks for is honoured up to here. Beyond it one mistaken header would eject a
 * target for a day, and asking again costs one request that its fallback answers.
 */
const COOL_MS_MAX = 60 * 60 * 1000

/** Inside HTTP 200 a spent quota comes as an error event, and is as spent. */
function isQuotaSpent({ reason, error }: Failure): boolean {
  if (reason === 'quota-exhausted') return true
  return reason === 'error-event' && error !== undefined && isQuota(429, error)
}

/** Types of error events that speak of the request, the key or its rate. */
const ABOUT_THE_CALLER =
  /invalid|not_found|authentication|permission|billing|quota|rate_limit|too_large|context|content/

/**
 * Only what tells that the target is ill. A 4xx is about the request or the key, a refused
 * continuation is our own doing, and a target that sent events and was merely slow is alive.
 */
function countsAgainst(failure: Failure): boolean {
  switch (failure.reason) {
    case 'server-error':
      // 408 and 409 share the reason and are about one request.
      return failure.statusCode === undefined || failure.statusCode >= 500
    case 'error-event':
      // HTTP 200 proves nothing: the same overload would have been a 529 a moment earlier.
      return failure.statusCode === undefined
        ? !ABOUT_THE_CALLER.test(failure.errorType ?? '')
        : failure.statusCode >= 500
    case 'malformed-frame':
    case 'overloaded':
    case 'connection':
    case 'stream-cut':
    case 'missing-terminal':
    case 'timeout-connect':
    case 'timeout-first-event':
    case 'timeout-idle':
      return true
    case 'rate-limited':
    case 'quota-exhausted':
    case 'auth':
    case 'not-found':
    case 'context-too-long':
    case 'content-filtered':
    case 'bad-request':
    case 'prefill-rejected':
    case 'timeout-first-content':
    case 'timeout-total':
    case 'bad-response':
    case 'redirect':
    case 'client-aborted':
      return false
    default:
      return failure.reason satisfies never
  }
}
