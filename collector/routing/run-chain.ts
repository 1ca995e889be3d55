import type { DeploymentConfig } from '../config/config.ts'
import type { Failure } from '../upstream/failure.ts'
import type { Clock } from './clock.ts'
import type { AttemptContext } from './perform-attempt.ts'
import type { AttemptPlan } from './plan-attempt.ts'
import type { AttemptResult } from './attempt.ts'
import type { Cancellation } from './cancellation.ts'
import type { FailureReason } from '../vocabulary.ts'
import type { ChainState, Decision } from './decide.ts'
import type { RequestRun } from './request-run.ts'
import type { TargetChoice } from './choose-target.ts'
import type { Ending } from './conclude.ts'
import { backoffMs } from './backoff.ts'
import { chooseTarget } from './choose-target.ts'
import { conclude } from './conclude.ts'
import { decide } from './decide.ts'
import { performAttempt } from './perform-attempt.ts'
import { isSoughtElsewhere, planAttempt, strategyFor } from './plan-attempt.ts'
import { recordDecision, recordStop } from './record-decision.ts'
import { refusesEveryPrefill } from '../upstream/error-texts.ts'
import { isCommitted } from './request-run.ts'
import { targetsAfter } from './resolve-chain.ts'

/** The next thing to do for a request. */
type Step =
  | ({ readonly kind: 'attempt' } & Pick<AttemptContext, 'plan' | 'fallback'>)
  | { readonly kind: 'end'; readonly ending: Ending }

/**
 * Serves one request by one target after another until an answer is complete, no honest way is
 * left, or the client is gone. The loop of the router: every attempt and every wait starts here.
 */
export async function runChain(run: RequestRun): Promise<void> {
  let step = firstStep(run)
  while (step.kind === 'attempt') {
    const { plan, fallback } = step
    const otherTargetLeft = untried(run).some(({ id }) => id !== plan.target.id)
    // One after another: the next attempt depends on how this one ended.
    // oxlint-disable-next-line no-await-in-loop
    const { result } = await performAttempt({ run, plan, fallback, otherTargetLeft })
    // oxlint-disable-next-line no-await-in-loop
    step = await nextStep(run, plan, result)
  }
  conclude(run, step.ending)
}

function firstStep(run: RequestRun): Step {
  // A client may leave between its last byte and our first step; nothing is spent on it.
  const { cause } = run.cancellation
  if (cause !== undefined) return { kind: 'end', ending: { kind: 'cancelled', cause } }
  const choice = chooseTarget(run, [...run.chain.own, ...allowedFallbacks(run)])
  if (choice.kind === 'planned') return { kind: 'attempt', plan: choice.plan, fallback: undefined }
  if (choice.kind === 'stop') {
    return { kind: 'end', ending: { kind: 'unserved', detail: 'no target can serve this request' } }
  }
  const { detail, param } = choice
  return { kind: 'end', ending: { kind: 'unserved', detail, ...(param && { param }) } }
}

async function nextStep(run: RequestRun, plan: AttemptPlan, result: AttemptResult): Promise<Step> {
  switch (result.kind) {
    case 'complete':
      return { kind: 'end', ending: { kind: 'complete', result } }
    case 'cancelled':
      return { kind: 'end', ending: { kind: 'cancelled', cause: result.cause } }
    case 'failed':
      return afterFailure(run, plan, result.failure)
    default:
      return result satisfies never
  }
}

async function afterFailure(run: RequestRun, plan: AttemptPlan, failure: Failure): Promise<Step> {
  const { router, target } = { router: run.router, target: plan.target }
  run.failures.push({ number: run.attempts, deployment: target.id, failure })
  if (plan.choice.strategy === 'prefill' && refusesEveryPrefill(failure.error)) {
    router.learned.learn(target.id, router.clock.now())
  }
  const tokenRenewed = failure.statusCode === 401 && router.tokens.refuse(target)
  const decision = decide(failure, { tokenRenewed, ...chainState(run, plan, failure.reason) })
  switch (decision.kind) {
    case 'retry':
      return retry(run, plan, decision)
    case 'next-strategy':
      return nextStrategy(run, plan, failure)
    case 'next-target':
      return nextTarget(run, plan, failure)
    case 'give-up':
      return giveUp(decision.notTried)
    default:
      return decision satisfies never
  }
}

async function retry(
  run: RequestRun,
  plan: AttemptPlan,
  decision: Extract<Decision, { kind: 'retry' }>,
): Promise<Step> {
  const { clock, config, budget } = run.router
  if (!budget.tryTake(clock.now())) return giveUp('no_budget')
  const delayMs = decision.afterMs ?? backoffMs(plan.retries, config.retry, clock.random())
  await wait(clock, run.cancellation, delayMs)
  const { cause } = run.cancellation
  if (cause !== undefined) return { kind: 'end', ending: { kind: 'cancelled', cause } }
  return {
    kind: 'attempt',
    plan: {
      ...plan,
      kind: plan.kind === 'fallback' ? 'fallback' : 'retry',
      retries: plan.retries + 1,
    },
    fallback: undefined,
  }
}

/** The same target, asked in the next honest way; where there is none, the next target. */
function nextStrategy(run: RequestRun, plan: AttemptPlan, failure: Failure): Step {
  const result = planAttempt(run, plan.target, [...plan.refused, plan.choice.strategy])
  if (result.kind !== 'planned') return nextTarget(run, plan, failure)
  return attempt(run, plan, { plan: result.plan, failure })
}

function nextTarget(run: RequestRun, plan: AttemptPlan, failure: Failure): Step {
  const choice: TargetChoice = chooseTarget(run, untried(run))
  switch (choice.kind) {
    case 'planned':
      return attempt(run, plan, { plan: choice.plan, failure })
    case 'stop':
      recordStop(run, { from: plan.target, to: choice.target, failure, stop: choice.stop })
      return giveUp('stopped_after_content')
    case 'none':
      return giveUp(choice.notTried)
    default:
      return choice satisfies never
  }
}

function attempt(
  run: RequestRun,
  from: AttemptPlan,
  next: { readonly plan: AttemptPlan; readonly failure: Failure },
): Step {
  const fallback = recordDecision(run, { from: from.target, ...next })
  return { kind: 'attempt', plan: next.plan, fallback }
}

function giveUp(notTried: Extract<Decision, { kind: 'give-up' }>['notTried']): Step {
  return { kind: 'end', ending: { kind: 'failed', ...(notTried !== undefined && { notTried }) } }
}

function chainState(run: RequestRun, plan: AttemptPlan, reason: FailureReason): ChainState {
  const { router } = run
  const { retry: retryConfig } = router.config
  const configured = openTargets(run)
  return {
    attempts: run.attempts,
    attemptsMax: retryConfig.attemptsMax,
    retriesOnTarget: plan.retries,
    retriesMax:
      run.request.options.retriesMax ??
      retryConfig.retriesMaxByReason?.get(reason) ??
      plan.target.retriesMax ??
      retryConfig.retriesMax,
    retryAfterMaxMs: retryConfig.retryAfterMaxMs,
    breakerOpen: router.breakers.of(plan.target.id).state === 'open',
    retryBudgetLeft: router.budget.has(router.clock.now()),
    targetsLeft: untried(run).length,
    targetsDisabled: configured.filter((target) => isDisabled(run, target)).length,
    otherTargetConfigured: configured.some(({ id }) => id !== run.firstTarget?.id),
    requestChanged: plan.built.changed,
    stateSoughtElsewhere: isSoughtElsewhere(run),
    strategyLeft: hasStrategyLeft(run, plan),
  }
}

function hasStrategyLeft(run: RequestRun, plan: AttemptPlan): boolean {
  if (!isCommitted(run) || plan.choice.forced) return false
  const refused = [...plan.refused, plan.choice.strategy]
  const { strategy } = strategyFor(run, plan.capability, refused)
  return strategy !== 'stop' && !refused.includes(strategy)
}

/** Targets not asked yet to which the request may go, after what has failed so far. */
function untried(run: RequestRun): readonly DeploymentConfig[] {
  return openTargets(run).filter((target) => !run.asked.has(target.id) && !isDisabled(run, target))
}

function openTargets(run: RequestRun): readonly DeploymentConfig[] {
  return targetsAfter(
    run.chain,
    run.failures.map(({ failure }) => failure),
  )
}

function allowedFallbacks(run: RequestRun): readonly DeploymentConfig[] {
  return run.chain.fallbacks.filter((target) => !isDisabled(run, target))
}

/** `disable_fallbacks`: no other route, and after commit nobody else at all. */
function isDisabled(run: RequestRun, target: DeploymentConfig): boolean {
  if (!run.request.options.disableFallbacks || run.asked.has(target.id)) return false
  return target.route !== run.route.name || isCommitted(run)
}

/** Sleeps, but not beyond the client's leaving. */
function wait(clock: Clock, cancellation: Cancellation, delayMs: number): Promise<void> {
  if (cancellation.cause !== undefined) return Promise.resolve()
  return new Promise((resolve) => {
    const cancelTimer = clock.setTimer(delayMs, () => {
      cancellation.listen(undefined)
      resolve()
    })
    cancellation.listen(() => {
      cancelTimer()
      resolve()
    })
  })
}
