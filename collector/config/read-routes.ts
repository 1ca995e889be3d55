import type { ContinuationConfig, RouteConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import { findRoute } from './find-route.ts'
import { findSetting } from './litellm-settings.ts'
import type { Deployments } from './read-deployments.ts'
import { type FallbackMap, type RouteNames, readFallbacks, readTargets } from './read-fallbacks.ts'
import type { SecondwindSection } from './secondwind-schema.ts'
import { hintFor } from './suggest.ts'

/** Everything that a client, or a fallback, may ask for by name. */
export function readRoutes(
  reader: ConfigReader,
  deployments: Deployments,
  section: SecondwindSection,
): ReadonlyMap<string, RouteConfig> {
  const aliases = readAliases(reader, deployments)
  const names = toRouteNames(deployments, aliases)
  const fallbacks = {
    general: readFallbacks(reader, findSetting(reader, 'fallbacks'), names),
    contextWindow: readFallbacks(reader, findSetting(reader, 'context_window_fallbacks'), names),
    contentPolicy: readFallbacks(reader, findSetting(reader, 'content_policy_fallbacks'), names),
  }
  const defaultsPath = findSetting(reader, 'default_fallbacks')
  const defaults = defaultsPath === undefined ? [] : readTargets(reader, defaultsPath, names)
  checkRouteOptions(reader, section, names)
  const continuation = readContinuation(reader, section)
  const routes = new Map<string, RouteConfig>()
  for (const [name, list] of deployments) {
    // Left out with a warning: nothing of it can be called.
    if (list.length === 0) continue
    routes.set(name, {
      name,
      deployments: list,
      fallbacks: pickFallbacks(fallbacks.general, name, defaults),
      contextWindowFallbacks: pickFallbacks(fallbacks.contextWindow, name, []),
      contentPolicyFallbacks: pickFallbacks(fallbacks.contentPolicy, name, []),
      continuation: { ...continuation, ...ownContinuation(section, name) },
    })
  }
  for (const [alias, target] of aliases) {
    const route = routes.get(target)
    if (route !== undefined && !routes.has(alias)) routes.set(alias, route)
  }
  addFallbackTargets(routes, deployments)
  return routes
}

/** As in LiteLLM a route's own list replaces the defaults, it does not extend them. */
function pickFallbacks(map: FallbackMap, name: string, defaults: readonly string[]) {
  const own = map.get(name)
  if (own !== undefined) return own
  const general = [...(map.get('*') ?? []), ...defaults]
  return [...new Set(general)].filter((target) => target !== name)
}

/** LiteLLM's fallbacks may name one deployment by its id, or what a wildcard route serves. */
function addFallbackTargets(routes: Map<string, RouteConfig>, deployments: Deployments): void {
  const byId = new Map([...deployments.values()].flat().map((entry) => [entry.id, entry]))
  // What is added on the way brings only names that are there already.
  for (const route of routes.values()) {
    const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks } = route
    for (const name of [...fallbacks, ...contextWindowFallbacks, ...contentPolicyFallbacks]) {
      if (routes.has(name)) continue
      const wildcard = findRoute(routes, name)
      const deployment = byId.get(name)
      const home = deployment && routes.get(deployment.route)
      if (wildcard !== undefined) routes.set(name, wildcard)
      else if (deployment !== undefined && home !== undefined) {
        routes.set(name, { ...home, name, deployments: [{ ...deployment, route: name }] })
      }
    }
  }
}

function readAliases(reader: ConfigReader, deployments: Deployments): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>()
  const path = findSetting(reader, 'model_group_alias')
  if (path === undefined || !reader.map(path)) return aliases
  for (const alias of reader.keys(path)) {
    const place = [...path, alias]
    // Either the route's name, or a map with it under `model` (and `hidden`, which is LiteLLM's
    // UI's).
    const target = reader.string(
      typeof reader.get(place) === 'object' ? [...place, 'model'] : place,
    )
    if (target === undefined) continue
    if (deployments.has(target)) {
      aliases.set(alias, target)
      continue
    }
    reader.fail({
      code: 'CONFIG_UNKNOWN_ROUTE',
      path: place,
      message: `there is no route "${target}" in model_list`,
      hint: hintFor(target, [...deployments.keys()]),
    })
  }
  return aliases
}

function toRouteNames(deployments: Deployments, aliases: ReadonlyMap<string, string>): RouteNames {
  const names = [...deployments.keys(), ...aliases.keys()]
  const known = new Set([...names, ...[...deployments.values()].flat().map((entry) => entry.id)])
  const wildcards = names
    .filter((name) => name.includes('*'))
    .map((name) => name.split('*'))
    .map(([prefix = '', suffix = '']) => ({ prefix, suffix }))
  return {
    names,
    has: (name) =>
      known.has(name) ||
      wildcards.some(({ prefix, suffix }) => name.startsWith(prefix) && name.endsWith(suffix)),
  }
}

function checkRouteOptions(
  reader: ConfigReader,
  section: SecondwindSection,
  names: RouteNames,
): void {
  for (const name of Object.keys(section.routes)) {
    if (names.has(name)) continue
    reader.fail({
      code: 'CONFIG_UNKNOWN_ROUTE',
      path: ['secondwind', 'routes', name],
      message: `there is no route "${name}" in model_list`,
      hint: hintFor(name, names.names),
    })
  }
}

/** On, unless our own word or one of the two that LiteLLM's users know says otherwise. */
function readContinuation(reader: ConfigReader, section: SecondwindSection): ContinuationConfig {
  const flag = (
    key: 'disable_mid_stream_continuation' | 'enable_mid_stream_fallback_continuation',
  ) => {
    const path = findSetting(reader, key)
    return path && reader.boolean(path)
  }
  const { enabled, strategy, with_tools, require_anchor } = section.continuation
  const disabled = flag('disable_mid_stream_continuation')
  const litellmEnabled = flag('enable_mid_stream_fallback_continuation')
  return {
    enabled: enabled !== false && disabled !== true && litellmEnabled !== false,
    strategy,
    withTools: with_tools,
    requireAnchor: require_anchor,
  }
}

function ownContinuation(section: SecondwindSection, route: string): Partial<ContinuationConfig> {
  const own = Object.hasOwn(section.routes, route) ? section.routes[route]?.continuation : undefined
  if (own === undefined) return {}
  const { enabled, strategy, with_tools, require_anchor } = own
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(with_tools === undefined ? {} : { withTools: with_tools }),
    ...(require_anchor === undefined ? {} : { requireAnchor: require_anchor }),
  }
}
