import type { DeploymentConfig, RouteConfig, SidecarConfig } from '../config/config.ts'
import type { Failure } from '../upstream/failure.ts'
import type { RequestOptions } from '../protocol/protocol.ts'
import { findRoute } from '../config/find-route.ts'
import { isContextLength } from '../upstream/error-texts.ts'

/** The ordered targets of one request: the route's own deployments, then its fallback routes'. */
export interface Chain {
  readonly route: RouteConfig
  readonly own: readonly DeploymentConfig[]
  readonly fallbacks: readonly DeploymentConfig[]
  readonly contextWindow: readonly DeploymentConfig[]
  readonly contentPolicy: readonly DeploymentConfig[]
  /** Names of the routes that this request could fall back to at all. */
  readonly fallbackRoutes: readonly string[]
}

/** The route's lists of fallbacks, but for those that the client gives of its own. */
export function withOwnFallbacks(route: RouteConfig, options: RequestOptions): RouteConfig {
  const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks } = options
  if (!fallbacks && !contextWindowFallbacks && !contentPolicyFallbacks) return route
  return {
    ...route,
    ...(fallbacks !== undefined && { fallbacks }),
    ...(contextWindowFallbacks !== undefined && { contextWindowFallbacks }),
    ...(contentPolicyFallbacks !== undefined && { contentPolicyFallbacks }),
  }
}

const NONE: readonly DeploymentConfig[] = []

/** Of routes that leave nothing to chance: their chain is the same for every request. */
const settled = new WeakMap<
  RouteConfig,
  { readonly config: SidecarConfig; readonly chain: Chain }
>()

/** `random` decides among deployments of one `order`, by weight, as LiteLLM's simple shuffle. */
export function resolveChain(
  route: RouteConfig,
  config: SidecarConfig,
  random: () => number,
): Chain {
  const known = settled.get(route)
  if (known?.config === config) return known.chain
  let drawn = false
  const chain = drawChain(route, config, () => {
    drawn = true
    return random()
  })
  if (!drawn) settled.set(route, { config, chain })
  return chain
}

function drawChain(route: RouteConfig, config: SidecarConfig, random: () => number): Chain {
  const targetsOf = (names: readonly string[]): readonly DeploymentConfig[] =>
    names.length === 0
      ? NONE
      : names
          .slice(0, config.retry.fallbacksMax)
          .flatMap((name) =>
            orderDeployments(findRoute(config.routes, name)?.deployments ?? [], random),
          )
  return {
    route,
    own: orderDeployments(route.deployments, random),
    fallbacks: targetsOf(route.fallbacks),
    contextWindow: targetsOf(route.contextWindowFallbacks),
    contentPolicy: targetsOf(route.contentPolicyFallbacks),
    fallbackRoutes: [
      ...new Set([
        ...route.fallbacks,
        ...route.contextWindowFallbacks,
        ...route.contentPolicyFallbacks,
      ]),
    ],
  }
}

/**
 * The targets that a request's failures leave open, in order, those already asked included. A
 * request that does not fit, or that a provider's policy refused, is not sent to the same route's
 * models again, whatever else goes wrong after it: the last failure that was about the request
 * itself decides.
 */
export function targetsAfter(
  chain: Chain,
  failures: readonly Failure[],
): readonly DeploymentConfig[] {
  const subject = failures.map(subjectOf).findLast((about) => about !== 'target')
  if (subject === 'content') return chain.contentPolicy
  if (subject !== 'size') return [...chain.own, ...chain.fallbacks]
  return chain.contextWindow.length > 0 ? chain.contextWindow : chain.fallbacks
}

/** What a failure is about: the target alone, or a property of the request that others share. */
function subjectOf(failure: Failure): 'target' | 'size' | 'content' {
  if (failure.reason === 'context-too-long') return 'size'
  if (failure.reason === 'content-filtered') return 'content'
  // Responses says this one inside HTTP 200, as `response.failed`.
  const isTooLong =
    failure.reason === 'error-event' &&
    failure.error !== undefined &&
    isContextLength(failure.error)
  return isTooLong ? 'size' : 'target'
}

function orderDeployments(
  deployments: readonly DeploymentConfig[],
  random: () => number,
): DeploymentConfig[] {
  if (deployments.length < 2) return [...deployments]
  // Efraimidis and Spirakis: sorting by random^(1/weight) draws without replacement, by weight.
  const drawn = deployments.map((deployment) => ({
    deployment,
    key: deployment.weight > 0 ? random() ** (1 / deployment.weight) : -1,
  }))
  drawn.sort((a, b) => a.deployment.order - b.deployment.order || b.key - a.key)
  return drawn.map(({ deployment }) => deployment)
}
