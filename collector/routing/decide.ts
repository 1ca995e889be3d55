import type { NotTriedReason } from '../vocabulary.ts'
import type { Failure } from '../upstream/failure.ts'

/** What the decision depends on besides the failure itself. */
export interface ChainState {
  /** Attempts made, the failed one included. */
  readonly attempts: number
  readonly attemptsMax: number
  /** Retries already made on this target since it was chosen. */
  readonly retriesOnTarget: number
  readonly retriesMax: number
  /** The longest `Retry-After` that is worth waiting for. */
  readonly retryAfterMaxMs: number
  /** The target's breaker is open, be it by this failure: asking it again costs a wait at best. */
  readonly breakerOpen: boolean
  /** Whether the budget that all requests share has a retry left. */
  readonly retryBudgetLeft: boolean
  /** Targets not asked yet that this failure may go to. */
  readonly targetsLeft: number
  /** Targets not asked yet that only the request's own `disable_fallbacks` keeps out. */
  readonly targetsDisabled: number
  /** Whether the configuration names another target for this failure, asked already or not. */
  readonly otherTargetConfigured: boolean
  /** The target got a request that we translated or continued: its 400 may be our doing. */
  readonly requestChanged: boolean
  /** The target does not know the state that the request names, and somebody else may. */
  readonly stateSoughtElsewhere?: boolean
  /** The token that was refused is gone, and the next one is another (Vertex AI). */
  readonly tokenRenewed?: boolean
  /** Another honest way to ask this target to go on is left. */
  readonly strategyLeft: boolean
}

export type Decision =
  /** The same target again, after `afterMs`; absent: after the usual backoff. */
  | { readonly kind: 'retry'; readonly afterMs?: number }
  /** The same target, asked in another way. */
  | { readonly kind: 'next-strategy' }
  | { readonly kind: 'next-target' }
  /** `notTried` says why no further target is asked; absent: all were. */
  | { readonly kind: 'give-up'; readonly notTried?: NotTriedReason }

/** Whether the same target may be asked again with the same request. */
type SameTarget = 'never' | 'once' | 'backoff' | 'changed'

interface Rule {
  readonly same: SameTarget
  readonly next: boolean
}

const NEXT_ONLY: Rule = { same: 'never', next: true }
const BACKOFF: Rule = { same: 'backoff', next: true }
const NOT_ELIGIBLE: Rule = { same: 'never', next: false }
const IF_CHANGED: Rule = { same: 'changed', next: true }

/**
 * Retry, fall back or give up: the table of design section 4.3 as one pure function. Which strategy
 * a next target is asked with, and whether any is honest, is decided after it.
 */
export function decide(failure: Failure, state: ChainState): Decision {
  // Not the key is dead but its token, which lives for an hour; this is no retry of a failure.
  if (state.tokenRenewed === true && state.attempts < state.attemptsMax) {
    return { kind: 'retry', afterMs: 0 }
  }
  const rule = ruleOf(failure, state)
  if (rule.same === 'changed' && state.strategyLeft && state.attempts < state.attemptsMax) {
    return { kind: 'next-strategy' }
  }
  const retry = retryOf(rule, failure, state)
  if (retry !== undefined) return retry
  if (!rule.next) return giveUpOn(failure, state)
  return nextTarget(state)
}

function ruleOf(failure: Failure, state: ChainState): Rule {
  switch (failure.reason) {
    case 'rate-limited':
      return failure.retryAfterMs === undefined ? BACKOFF : { same: 'once', next: true }
    case 'server-error':
      return failure.statusCode === 408 || failure.statusCode === 409
        ? { same: 'once', next: true }
        : BACKOFF
    case 'overloaded':
    case 'connection':
    case 'timeout-connect':
      return BACKOFF
    case 'bad-request':
      if (state.stateSoughtElsewhere === true) return NEXT_ONLY
      return state.requestChanged ? IF_CHANGED : NOT_ELIGIBLE
    case 'prefill-rejected':
      return state.requestChanged ? IF_CHANGED : NOT_ELIGIBLE
    // Half an hour is spent: the client is better off asking anew than waiting for another.
    case 'timeout-total':
      return failure.phase === 'mid_stream' ? { same: 'never', next: false } : NEXT_ONLY
    // Waiting for silence again doubles the wait.
    case 'timeout-first-event':
    case 'timeout-first-content':
    case 'timeout-idle':
    case 'quota-exhausted':
    case 'auth':
    case 'not-found':
    case 'context-too-long':
    case 'redirect':
    case 'bad-response':
    case 'error-event':
    case 'malformed-frame':
    case 'stream-cut':
    case 'missing-terminal':
      return NEXT_ONLY
    // The provider's own reason must reach the client, unless a route for such requests is named.
    case 'content-filtered':
      return state.otherTargetConfigured ? NEXT_ONLY : NOT_ELIGIBLE
    case 'client-aborted':
      return NOT_ELIGIBLE
    default:
      return failure.reason satisfies never
  }
}

function retryOf(rule: Rule, failure: Failure, state: ChainState): Decision | undefined {
  if (failure.phase !== 'before_headers' || !state.retryBudgetLeft) return undefined
  // A probe that failed is news enough: its client is better served by whoever is left.
  if (state.breakerOpen && state.targetsLeft > 0) return undefined
  // Every target not asked yet keeps one attempt of the request's own budget.
  if (state.attempts + 1 + state.targetsLeft > state.attemptsMax) return undefined
  const { retryAfterMs } = failure
  if (retryAfterMs !== undefined && retryAfterMs > state.retryAfterMaxMs) return undefined
  const retriesMax = rule.same === 'backoff' ? state.retriesMax : rule.same === 'once' ? 1 : 0
  if (state.retriesOnTarget >= Math.min(retriesMax, state.retriesMax)) return undefined
  return retryAfterMs === undefined ? { kind: 'retry' } : { kind: 'retry', afterMs: retryAfterMs }
}

function nextTarget(state: ChainState): Decision {
  if (state.targetsLeft > 0) {
    return state.attempts < state.attemptsMax
      ? { kind: 'next-target' }
      : { kind: 'give-up', notTried: 'no_budget' }
  }
  if (state.targetsDisabled > 0) return { kind: 'give-up', notTried: 'disabled' }
  if (!state.otherTargetConfigured) return { kind: 'give-up', notTried: 'none_configured' }
  return { kind: 'give-up' }
}

/** `notTried` speaks of targets that were not asked: where all were, there is nothing to say. */
function giveUpOn(failure: Failure, state: ChainState): Decision {
  if (failure.reason === 'client-aborted') return { kind: 'give-up', notTried: 'client_gone' }
  const allAsked =
    state.otherTargetConfigured && state.targetsLeft === 0 && state.targetsDisabled === 0
  if (allAsked) return { kind: 'give-up' }
  return {
    kind: 'give-up',
    notTried: failure.reason === 'timeout-total' ? 'no_budget' : 'failure_not_eligible',
  }
}
