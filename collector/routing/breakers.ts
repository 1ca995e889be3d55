import type { BreakerConfig, SidecarConfig } from '../config/config.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'

/** One breaker per deployment of the configuration, made when it is first asked for. */
export interface Breakers {
  of(deploymentId: string): CircuitBreaker
}

export function createBreakers({
  breaker,
  routes,
}: Pick<SidecarConfig, 'breaker' | 'routes'>): Breakers {
  const deployments = [...routes.values()].flatMap((route) => route.deployments)
  const cooldowns = new Map(deployments.map(({ id, cooldownMs }) => [id, cooldownMs]))
  const byDeployment = new Map<string, CircuitBreaker>()
  return {
    of(deploymentId) {
      const known = byDeployment.get(deploymentId)
      if (known !== undefined) return known
      const made = createCircuitBreaker(withCooldown(breaker, cooldowns.get(deploymentId)))
      byDeployment.set(deploymentId, made)
      return made
    },
  }
}

/** A deployment's own `cooldown_time`; 0 is LiteLLM's word for none. */
function withCooldown(config: BreakerConfig, cooldownMs: number | undefined): BreakerConfig {
  if (cooldownMs === undefined) return config
  if (cooldownMs === 0) return { ...config, failuresToOpen: Number.MAX_SAFE_INTEGER }
  return { ...config, firstOpenMs: cooldownMs }
}
