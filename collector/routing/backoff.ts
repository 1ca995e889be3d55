import type { RetryConfig } from '../config/config.ts'

/**
 * Exponential, jittered over its upper half: many clients that failed together must not come back
 * together, and none may come back at once.
 */
export function backoffMs(retry: number, config: RetryConfig, random: number): number {
  const ceilingMs = Math.min(config.backoffMaxMs, config.backoffBaseMs * 2 ** retry)
  return Math.round(ceilingMs * (0.5 + random / 2))
}
