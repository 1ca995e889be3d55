import type { ContinuationConfig, RouteConfig } from './config.ts'
import { type ConfigReader, isRecord } from './config-reader.ts'
import { findRoute } from './find-route.ts'
import { findSetting } from './litellm-settings.ts'
import type { Deployments } from './read-deployments.ts'
import { type FallbackMap, type RouteNames, readFallbacks, readTargets } from './read-fallbacks.ts'
import type { SecondwindSection } from './secondwind-schema.ts'
import { hintFor } from './suggest.ts'
import { isWildcard, matchWildcard } from './wildcard.ts'

export interface Routes {
  /** Everything that a client, or a fallback, may ask for by name. */
  readonly routes: ReadonlyMap<string, RouteConfig>
  readonly listedModels: readonly string[]
}

/** Routes of the file, their aliases, and what their fallbacks name. */
export function readRoutes(
  reader: ConfigReader,
  deployments: Deployments,
  section: SecondwindSection,
): Routes {
  const aliases = readAliases(reader, deployments)
  const names = toRouteNames(deployments, [...aliases.keys()])
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
  for (const [name, list] of deployments.routes) {
    routes.set(name, {
      name,
      deployments: list,
      fallbacks: pickFallbacks(fallbacks.general, name, defaults),
      contextWindowFallbacks: pickFallbacks(fallbacks.contextWindow, name, []),
      contentPolicyFallbacks: pickFallbacks(fallbacks.contentPolicy, name, []),
      continuation: { ...continuation, ...ownContinuation(section, name) },
    })
  }
  for (const [alias, { target }] of aliases) {
    const route = findRoute(routes, target)
    if (route !== undefined && !routes.has(alias)) routes.set(alias, route)
  }
  addFallbackTargets(routes, deployments)
  dropUnservedRoutes(reader, routes, deployments)
  // A pattern is no name that a client could ask for, and a deployment's id is for fallbacks.
  const listedModels = [...deployments.routes.keys(), ...aliases.keys()].filter(
    (name) => routes.has(name) && !isWildcard(name) && aliases.get(name)?.hidden !== true,
  )
  return { routes, listedModels }
}

/** A route whose own deployments are all left out is served by its fallbacks, if it has any. */
function dropUnservedRoutes(
  reader: ConfigReader,
  routes: Map<string, RouteConfig>,
  deployments: Deployments,
): void {
  const unserved = [...routes].filter(([, route]) => route.deployments.length === 0)
  const isServed = (name: string) => (findRoute(routes, name)?.deployments.length ?? 0) > 0
  for (const [name, { fallbacks }] of unserved) {
    const served = fallbacks.some(isServed)
    if (!served) routes.delete(name)
    // Where something of it could not be read, that is what has to be repaired; of embeddings and
    // their like it was said already that they are not served.
    const isNews = deployments.routes.has(name) && !deployments.otherModes.has(name)
    if (reader.problems.length > 0 || !isNews) continue
    reader.warn({
      code: 'CONFIG_NOT_SERVED',
      path: deployments.places.get(name) ?? ['model_list'],
      message: served
        ? `route "${name}" has no deployment of its own left; its fallbacks serve it`
        : `route "${name}" is not served: it has no deployment left, and no fallback`,
    })
  }
  if (routes.size > 0 || reader.problems.length > 0) return
  reader.fail({
    code: 'CONFIG_MISSING',
    path: ['model_list'],
    message: 'none of its deployments can be served',
    hint: reader.warnings.map(({ message }) => message)[0] ?? 'see examples/ for a whole file',
  })
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
  const byId = new Map([...deployments.routes.values()].flat().map((entry) => [entry.id, entry]))
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

interface Alias {
  readonly target: string
  /** Not for `GET /v1/models`. */
  readonly hidden: boolean
}

/** Either the route's name, or a map with it under `model`. */
function readAliases(reader: ConfigReader, deployments: Deployments): ReadonlyMap<string, Alias> {
  const aliases = new Map<string, Alias>()
  const path = findSetting(reader, 'model_group_alias')
  if (path === undefined || !reader.map(path)) return aliases
  const names = toRouteNames(deployments, [])
  for (const alias of reader.keys(path)) {
    const place = [...path, alias]
    const isMap = isRecord(reader.get(place))
    const target = reader.string(isMap ? [...place, 'model'] : place)
    if (target === undefined) continue
    if (names.has(target)) {
      aliases.set(alias, { target, hidden: isMap && reader.get([...place, 'hidden']) === true })
      continue
    }
    reader.fail({
      code: 'CONFIG_UNKNOWN_ROUTE',
      path: place,
      message: `there is no route "${target}" in model_list`,
      hint: hintFor(target, names.names),
    })
  }
  return aliases
}

function toRouteNames(deployments: Deployments, aliases: readonly string[]): RouteNames {
  const names = [...deployments.routes.keys(), ...aliases]
  const known = new Set([
    ...names,
    ...[...deployments.routes.values()].flat().map((entry) => entry.id),
  ])
  return {
    names,
    has: (name) =>
      known.has(name) || names.some((pattern) => matchWildcard(pattern, name) !== undefined),
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
