import type { RouteConfig } from './config.ts'

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
  if (exact !== undefined) return name.includes('*') ? undefined : exact
  let best: { readonly route: RouteConfig; readonly filling: string } | undefined
  for (const [pattern, route] of routes) {
    const filling = matchWildcard(pattern, name)
    if (filling === undefined) continue
    if (best === undefined || pattern.length > best.route.name.length) best = { route, filling }
  }
  return best === undefined ? undefined : fillWildcard(best.route, name, best.filling)
}

/** What the one `*` of `pattern` stands for in `name`; `undefined` where it does not match. */
function matchWildcard(pattern: string, name: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star === -1) return undefined
  const prefix = pattern.slice(0, star)
  const suffix = pattern.slice(star + 1)
  if (name.length <= prefix.length + suffix.length) return undefined
  if (!name.startsWith(prefix) || !name.endsWith(suffix)) return undefined
  return name.slice(prefix.length, name.length - suffix.length)
}

function fillWildcard(route: RouteConfig, name: string, filling: string): RouteConfig {
  // A function as replacement: `$&` in a client's text must stay text.
  const fill = (model: string) => model.replace('*', () => filling)
  return {
    ...route,
    name,
    deployments: route.deployments.map((deployment) => ({
      ...deployment,
      route: name,
      model: fill(deployment.model),
    })),
  }
}
