import { fallbacksOf, retriesOf, type RouterConfig } from '../../../router-config.ts'
import type { Fact } from '../../../story.ts'

/**
 * One call and its retries for each route of the chain. Absent where a route has no number of
 * retries: LiteLLM's default is another one in each release.
 */
export function callsAllowed(
  route: string | undefined,
  config: RouterConfig | undefined,
): Fact<number> | undefined {
  if (route === undefined || config === undefined) return undefined
  let calls = 0
  for (const one of new Set([route, ...fallbacksOf(config, route)])) {
    const retries = retriesOf(config, one)
    if (retries === undefined) return undefined
    calls += 1 + retries
  }
  return { value: calls, source: 'config' }
}
