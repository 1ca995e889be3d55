import type { RouteConfig } from './config.ts'
import { fillWildcard, isWildcard, matchWildcard } from './wildcard.ts'

/**
 * The route that a client's model name stands for: the one of that name, else the wildcard route
 * with the longest literal part. What the `*` stood for fills the `*` of the deployments' models,
 * as in LiteLLM: `openai/*` with model `openai/*` serves `openai/gpt-4o` by `gpt-4o`.
 */
export function findRoute(
  routes: ReadonlyMap<string, RouteConfig>,
  name: string,
): RouteConfig | undefined {
  const exact = routes.get(name)
  // A client that asks for `openai/*` itself means no model.
  if (exact !== undefined) return isWildcard(name) ? undefined : exact
  let best: { readonly pattern: string; readonly filled: RouteConfig } | undefined
  for (const [pattern, route] of routes) {
    if (best !== undefined && pattern.length <= best.pattern.length) continue
    const fillings = matchWildcard(pattern, name)
    if (fillings !== undefined) best = { pattern, filled: fillRoute(route, name, fillings) }
  }
  return best?.filled
}

function fillRoute(route: RouteConfig, name: string, fillings: readonly string[]): RouteConfig {
  return {
    ...route,
    name,
    deployments: route.deployments.map((deployment) => ({
      ...deployment,
      route: name,
      model: fillWildcard(deployment.model, fillings),
    })),
  }
}
