import type { DeploymentConfig, RouteConfig, SidecarConfig } from '../config/config.ts'
import type { FailureReason } from '../vocabulary.ts'

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

/** `random` decides among deployments of one `order`, by weight, as LiteLLM's simple shuffle. */
export function resolveChain(
  route: RouteConfig,
  config: SidecarConfig,
  random: () => number,
): Chain {
  const targetsOf = (names: readonly string[]): DeploymentConfig[] =>
    names
      .slice(0, config.retry.fallbacksMax)
      .flatMap((name) => orderDeployments(config.routes.get(name)?.deployments ?? [], random))
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
 * The targets that a failure leaves open, in order, those already asked included. A request that
 * does not fit, or that a provider's policy refused, is not sent to the same route's models again.
 */
export function targetsAfter(chain: Chain, reason: FailureReason): readonly DeploymentConfig[] {
  if (reason === 'context-too-long') {
    return chain.contextWindow.length > 0 ? chain.contextWindow : chain.fallbacks
  }
  if (reason === 'content-filtered') return chain.contentPolicy
  return [...chain.own, ...chain.fallbacks]
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
