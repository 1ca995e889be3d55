import type { DeploymentConfig } from '../config/config.ts'
import type { Failure } from '../upstream/failure.ts'
import type { AttemptPlan, PlanResult } from './plan-attempt.ts'
import type { FallbackRecorder } from './recorder.ts'
import type { RequestRun } from './request-run.ts'

/** Records that another target, or the same in another way, is asked next, and with what. */
export function recordDecision(
  run: RequestRun,
  decision: {
    readonly from: DeploymentConfig
    readonly plan: AttemptPlan
    readonly failure: Failure
  },
): FallbackRecorder {
  const { from, plan, failure } = decision
  const { choice, capability, built, target } = plan
  const isContinued = choice.strategy === 'prefill' || choice.strategy === 'user_turn'
  const recorder = run.recorder.recordFallback({
    attemptNumber: run.attempts + 1,
    fromRoute: from.route,
    toRoute: target.route,
    fromDeployment: from.id,
    toDeployment: target.id,
    reason: failure.reason,
    strategy: choice.strategy,
    why: choice.why,
    forced: choice.forced,
    capability: { prefill: capability.prefill, source: capability.source },
    payload: {
      ...built.shape,
      messagesAdded: built.messagesAdded,
      partialChars: isContinued ? (run.clientStream?.delivered.chars ?? 0) : 0,
    },
  })
  return endedOnce(recorder)
}

/** Records that nobody is asked, for no way to go on would be honest. */
export function recordStop(
  run: RequestRun,
  decision: {
    readonly from: DeploymentConfig
    readonly to: DeploymentConfig
    readonly failure: Failure
    readonly stop: Extract<PlanResult, { readonly kind: 'stop' }>
  },
): void {
  const { from, to, failure, stop } = decision
  run.recorder
    .recordFallback({
      fromRoute: from.route,
      toRoute: to.route,
      fromDeployment: from.id,
      toDeployment: to.id,
      reason: failure.reason,
      strategy: 'stop',
      why: stop.choice.why,
      forced: stop.choice.forced,
      capability: { prefill: stop.capability.prefill, source: stop.capability.source },
    })
    .end()
}

/** A seam ends the span with its facts; an attempt that makes none ends it when it ends. */
function endedOnce(recorder: FallbackRecorder): FallbackRecorder {
  let isEnded = false
  return {
    end(seam) {
      if (isEnded) return
      isEnded = true
      recorder.end(seam)
    },
  }
}
