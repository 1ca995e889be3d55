import type { BreakerConfig } from '../config/config.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'

/** One breaker per deployment of the configuration, made when it is first asked for. */
export interface Breakers {
  of(deploymentId: string): CircuitBreaker
}

export function createBreakers(config: BreakerConfig): Breakers {
  const byDeployment = new Map<string, CircuitBreaker>()
  return {
    of(deploymentId) {
      let breaker = byDeployment.get(deploymentId)
      if (breaker === undefined) {
        breaker = createCircuitBreaker(config)
        byDeployment.set(deploymentId, breaker)
      }
      return breaker
    },
  }
}
