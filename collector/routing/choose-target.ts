import type { DeploymentConfig } from '../config/config.ts'
import type { NotTriedReason, SkipReason } from '../vocabulary.ts'
import type { AttemptPlan, PlanResult } from './plan-attempt.ts'
import type { RequestRun } from './request-run.ts'
import { planAttempt } from './plan-attempt.ts'

export type TargetChoice =
  | { readonly kind: 'planned'; readonly plan: AttemptPlan }
  /** An honest continuation exists for none of them. */
  | {
      readonly kind: 'stop'
      readonly stop: Extract<PlanResult, { readonly kind: 'stop' }>
      readonly target: DeploymentConfig
    }
  | {
      readonly kind: 'none'
      readonly notTried: NotTriedReason
      readonly detail: string
      readonly param?: string
    }

/**
 * The first of `candidates` that can and may be asked. A target whose breaker is open is passed
 * over while another is left, but never ejected as the last one; a target that said when it will be
 * back is only asked earlier where the request has nobody else at all.
 */
export function chooseTarget(
  run: RequestRun,
  candidates: readonly DeploymentConfig[],
): TargetChoice {
  const nowMs = run.router.clock.now()
  let lastResort: AttemptPlan | undefined
  let stop: Extract<TargetChoice, { readonly kind: 'stop' }> | undefined
  let none: Extract<TargetChoice, { readonly kind: 'none' }> | undefined
  const details: string[] = []
  for (const target of candidates) {
    const result = planAttempt(run, target)
    if (result.kind === 'stop') stop ??= { kind: 'stop', stop: result, target }
    else if (result.kind === 'skip') {
      run.skipped.set(target.id, result.reason)
      const { reason, detail, param } = result
      details.push(detail)
      none ??= { kind: 'none', notTried: notTriedBy(reason), detail, ...(param && { param }) }
    } else {
      const permit = run.router.breakers.of(target.id).permits(nowMs)
      if (permit === 'yes') return result
      run.skipped.set(target.id, permit)
      const mayForce = permit === 'breaker_open' || run.attempts === 0
      if (mayForce) lastResort ??= result.plan
      none ??= { kind: 'none', notTried: 'targets_unavailable', detail: `${target.id} cools down` }
    }
  }
  if (lastResort !== undefined) return { kind: 'planned', plan: lastResort }
  if (stop !== undefined) return stop
  if (none !== undefined) return { ...none, detail: details.join('; ') || none.detail }
  return { kind: 'none', notTried: 'none_configured', detail: 'no target is left' }
}

function notTriedBy(reason: SkipReason): NotTriedReason {
  switch (reason) {
    case 'breaker_open':
    case 'cooling_down':
      return 'targets_unavailable'
    case 'not_portable':
    case 'not_translatable':
      return reason
    default:
      return reason satisfies never
  }
}
