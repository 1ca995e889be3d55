import type { DeploymentConfig } from '../config/config.ts'
import type { PrefillCapability } from '../continuation/capability.ts'
import type { StrategyChoice } from '../continuation/choose-strategy.ts'
import type { Protocol, UpstreamRequest } from '../protocol/protocol.ts'
import type { AttemptKind, SkipReason, Strategy } from '../vocabulary.ts'
import type { RequestRun } from './request-run.ts'
import { capabilityOf } from '../continuation/capability.ts'
import { chooseStrategy } from '../continuation/choose-strategy.ts'
import { modelTraits } from '../continuation/model-traits.ts'
import { continueFrom, tokensLeft } from '../continuation/continue-from.ts'
import { buildUpstreamRequest } from '../protocol/build-upstream-request.ts'
import { protocolOf } from '../protocol/index.ts'
import { isStateUnknown } from '../upstream/error-texts.ts'
import { bodyRulesOf } from '../upstream/providers/body-rules-of.ts'
import { findProvider } from '../upstream/providers/index.ts'
import { targetApi } from '../upstream/providers/provider.ts'
import { isCommitted } from './request-run.ts'
import { isSameHome } from './state-homes.ts'

/** Everything that one attempt needs to be made, and what its decision is recorded with. */
export interface AttemptPlan {
  readonly target: DeploymentConfig
  readonly targetProtocol: Protocol
  readonly kind: AttemptKind
  readonly choice: StrategyChoice
  readonly capability: PrefillCapability
  readonly built: BuiltRequest
  readonly anchor: string | undefined
  /** Retries made on this target with this request. */
  readonly retries: number
  /** Strategies that this target has refused for this request. */
  readonly refused: readonly Strategy[]
}

type BuiltRequest = Extract<UpstreamRequest, { readonly kind: 'built' }>

/** Why a target cannot be asked now. */
export type PlanResult =
  | { readonly kind: 'planned'; readonly plan: AttemptPlan }
  | {
      readonly kind: 'stop'
      readonly choice: StrategyChoice
      readonly capability: PrefillCapability
    }
  | {
      readonly kind: 'skip'
      readonly reason: SkipReason
      readonly detail: string
      /** The field of the client's request that the target cannot be asked. */
      readonly param?: string
    }

/** How `target` would be asked, or why it cannot be. */
export function planAttempt(
  run: RequestRun,
  target: DeploymentConfig,
  refused: readonly Strategy[] = [],
): PlanResult {
  if (!isPortableTo(run, target)) {
    return {
      kind: 'skip',
      reason: 'not_portable',
      detail: 'the request needs state that lives at another provider or key',
    }
  }
  const capability = capabilityOf(target, {
    refusals: run.router.learned,
    nowMs: run.router.clock.now(),
  })
  const choice = strategyFor(run, capability, refused)
  if (choice.strategy === 'stop') return { kind: 'stop', choice, capability }
  return build(run, { target, capability, choice, refused })
}

/** The strategy that a target with this capability would be asked with. */
export function strategyFor(
  run: RequestRun,
  capability: PrefillCapability,
  refused: readonly Strategy[],
): StrategyChoice {
  return chooseStrategy({
    request: run.request,
    committed: isCommitted(run),
    delivered: run.clientStream?.delivered ?? NOTHING,
    continuation: run.route.continuation,
    capability,
    refused,
  })
}

const NOTHING = {
  chars: 0,
  kinds: [],
  lastKind: undefined,
  toolCalls: 0,
  text: '',
  textComplete: true,
} as const

/** What the provider says of it, beside what its model's name does. */
function takesSampling(target: DeploymentConfig): boolean {
  return findProvider(target.provider).acceptsSampling?.(target) ?? true
}

interface BuildInput {
  readonly target: DeploymentConfig
  readonly capability: PrefillCapability
  readonly choice: StrategyChoice
  readonly refused: readonly Strategy[]
}

function build(run: RequestRun, input: BuildInput): PlanResult {
  const { target, capability, choice, refused } = input
  const api = targetApi(run.request.api, target)
  const delivered = run.clientStream?.delivered ?? NOTHING
  const continuation = continueFrom(choice.strategy, delivered.text)
  const { maxTokens } = run.request.features
  const maxTokensLeft =
    maxTokens === undefined ? undefined : tokensLeft(maxTokens, delivered, continuation)
  const built = buildUpstreamRequest({
    request: run.request,
    targetApi: api,
    model: target.model,
    continuation,
    ...modelTraits(target),
    ...(!takesSampling(target) && { acceptsSampling: false }),
    rules: bodyRulesOf(target),
    ...(capability.flags !== undefined && { prefillFlags: capability.flags }),
    ...(maxTokensLeft !== undefined && { maxTokensLeft }),
  })
  if (built.kind === 'not-translatable') {
    const detail = `\`${built.field}\` cannot be asked of ${target.id}: ${built.detail}`
    return { kind: 'skip', reason: 'not_translatable', detail, param: built.field }
  }
  return {
    kind: 'planned',
    plan: {
      target,
      targetProtocol: protocolOf(api),
      kind: kindOf(run, target),
      choice,
      capability,
      built,
      anchor: continuation.strategy === 'user_turn' ? continuation.anchor : undefined,
      retries: 0,
      refused,
    },
  }
}

function kindOf(run: RequestRun, target: DeploymentConfig): AttemptKind {
  if (target.route !== run.route.name) return 'fallback'
  return run.attempts === 0 ? 'initial' : 'retry'
}

/** State (files, containers, earlier responses) lives with one provider under one key. */
function isPortableTo(run: RequestRun, target: DeploymentConfig): boolean {
  if (!run.request.features.stateful || isSoughtElsewhere(run)) return true
  const home = run.stateHome ?? run.firstTarget ?? run.chain.own[0]
  return home === undefined || isSameHome(home, target)
}

/**
 * Nobody here knows who keeps what the request names, and who was asked does not: whoever else is
 * asked knows it, or says the same.
 */
export function isSoughtElsewhere({ request, stateHome, failures }: RequestRun): boolean {
  if (!request.features.stateful || stateHome !== undefined) return false
  return failures.some(
    ({ failure }) => failure.error !== undefined && isStateUnknown(failure.error),
  )
}
