import type { FailureReason } from '../../collector/vocabulary.ts'
import { toMap } from './attributes.ts'

/**
 * What a LiteLLM `config.yaml` says about routes and fallbacks, reduced to what dialects need.
 * Keys, teams and databases can override the file, so what rests on it is at most `likely`.
 */
export interface RouterConfig {
  readonly routes: ReadonlyMap<string, RouterRoute>
  /** General fallbacks; the key `*` holds for every route that has none of its own. */
  readonly fallbacks: ReadonlyMap<string, readonly string[]>
  readonly contextWindowFallbacks: ReadonlyMap<string, readonly string[]>
  readonly contentPolicyFallbacks: ReadonlyMap<string, readonly string[]>
  readonly defaultFallbacks: readonly string[]
  readonly numRetries: number | undefined
}

export interface RouterRoute {
  readonly name: string
  readonly deployments: readonly RouterDeployment[]
}

export interface RouterDeployment {
  readonly id: string | undefined
  /** `litellm_params.model`, provider included. */
  readonly model: string
  readonly apiBase: string | undefined
  /** Its own, where it has one. */
  readonly numRetries: number | undefined
  /** Of the client library, inside each of the router's own tries. */
  readonly clientRetries: number | undefined
}

type Section = ReadonlyMap<string, unknown>

/**
 * Reads the parsed config file (an object; parsing YAML is the caller's). Total: what is malformed
 * is left out, for the router that runs with it has the last word about it. Throws nothing.
 */
export function parseRouterConfig(document: unknown): RouterConfig {
  const root = toMap(document) ?? NOTHING
  const router = toMap(root.get('router_settings')) ?? NOTHING
  const litellm = toMap(root.get('litellm_settings')) ?? NOTHING
  // Given to the Router's constructor in process, the same settings stand at the top.
  const setting = (name: string): unknown => router.get(name) ?? litellm.get(name) ?? root.get(name)
  return {
    routes: readRoutes(root.get('model_list')),
    fallbacks: readFallbacks(setting('fallbacks')),
    contextWindowFallbacks: readFallbacks(setting('context_window_fallbacks')),
    contentPolicyFallbacks: readFallbacks(setting('content_policy_fallbacks')),
    defaultFallbacks: readNames(setting('default_fallbacks')),
    numRetries: asCount(setting('num_retries')),
  }
}

/** Where a route may fall back to, in LiteLLM's order: its own list, else `*`, else the default. */
export function fallbacksOf(config: RouterConfig, route: string): readonly string[] {
  return config.fallbacks.get(route) ?? config.fallbacks.get('*') ?? config.defaultFallbacks
}

/**
 * Where a route falls back to after such a failure: a list for failures of its kind, where there is
 * one at all, goes before the general one, which LiteLLM then does not look at. Undefined for a
 * route that the file does not have: it was added to the router by other means, and so may its
 * fallbacks have been.
 */
export function fallbacksAfter(
  config: RouterConfig,
  route: string,
  reason: FailureReason | undefined,
): readonly string[] | undefined {
  const own = ownListFor(config, reason)
  const list = own.size > 0 ? (own.get(route) ?? []) : fallbacksOf(config, route)
  return list.length > 0 || hasRoute(config, route) ? list : undefined
}

function ownListFor(
  { contextWindowFallbacks, contentPolicyFallbacks }: RouterConfig,
  reason: FailureReason | undefined,
): RouterConfig['fallbacks'] {
  if (reason === 'context-too-long') return contextWindowFallbacks
  return reason === 'content-filtered' ? contentPolicyFallbacks : NONE
}

const NONE: RouterConfig['fallbacks'] = new Map()

/** By its name, or by one with wildcards (`openai/*`). */
function hasRoute({ routes, fallbacks }: RouterConfig, route: string): boolean {
  if (routes.has(route) || fallbacks.has(route)) return true
  return [...routes.keys()].some((name) => name.includes('*') && fitsWildcard(route, name))
}

function fitsWildcard(route: string, name: string): boolean {
  const [head = '', ...rest] = name.split('*')
  if (!route.startsWith(head)) return false
  let at = head.length
  for (const [position, part] of rest.entries()) {
    const isLast = position === rest.length - 1
    const found = isLast ? route.length - part.length : route.indexOf(part, at)
    if (found < at || !route.startsWith(part, found)) return false
    at = found + part.length
  }
  return true
}

/** Every list that may hold for a route, whatever fails. */
export function chainsOf(config: RouterConfig, route: string): readonly (readonly string[])[] {
  return [
    fallbacksOf(config, route),
    config.contextWindowFallbacks.get(route) ?? [],
    config.contentPolicyFallbacks.get(route) ?? [],
  ]
}

/**
 * How often a route's own targets are asked again; undefined where only LiteLLM's default holds.
 */
export function retriesOf(config: RouterConfig, route: string): number | undefined {
  const own = (config.routes.get(route)?.deployments ?? []).map((deployment) => {
    const { numRetries = config.numRetries, clientRetries = 0 } = deployment
    return numRetries === undefined ? undefined : Math.max(numRetries, clientRetries)
  })
  return own.includes(undefined) || own.length === 0
    ? config.numRetries
    : Math.max(...own.map((retries) => retries ?? 0))
}

/** Routes that may fall back to this one. */
export function routesFallingBackTo(config: RouterConfig, target: string): readonly string[] {
  const names = new Set([...config.routes.keys(), ...config.fallbacks.keys()])
  return [...names].filter(
    (name) =>
      name !== target &&
      name !== '*' &&
      chainsOf(config, name).some((chain) => chain.includes(target)),
  )
}

/** Routes with a deployment of this model, named with or without its provider. */
export function routesOfModel(config: RouterConfig, model: string): readonly string[] {
  return [...config.routes.values()]
    .filter((route) =>
      route.deployments.some(
        (deployment) => deployment.model === model || deployment.model.endsWith(`/${model}`),
      ),
    )
    .map((route) => route.name)
}

const NOTHING: Section = new Map()

function readRoutes(list: unknown): ReadonlyMap<string, RouterRoute> {
  const deployments = new Map<string, RouterDeployment[]>()
  for (const item of asList(list)) {
    const entry = toMap(item)
    const name = entry?.get('model_name')
    const params = toMap(entry?.get('litellm_params'))
    const model = params?.get('model')
    if (typeof name !== 'string' || typeof model !== 'string') continue
    const deployment = {
      id: asText(toMap(entry?.get('model_info'))?.get('id')),
      model,
      apiBase: asText(params?.get('api_base')),
      numRetries: asCount(params?.get('num_retries')),
      clientRetries: asCount(params?.get('max_retries')),
    }
    const known = deployments.get(name)
    if (known === undefined) deployments.set(name, [deployment])
    else known.push(deployment)
  }
  return new Map([...deployments].map(([name, list]) => [name, { name, deployments: list }]))
}

/** LiteLLM's shape: a list of one-entry objects, `[{route: [fallback, …]}]`. */
function readFallbacks(list: unknown): ReadonlyMap<string, readonly string[]> {
  const fallbacks = new Map<string, readonly string[]>()
  for (const item of asList(list)) {
    for (const [route, targets] of toMap(item) ?? NOTHING) {
      if (!fallbacks.has(route)) fallbacks.set(route, readNames(targets))
    }
  }
  return fallbacks
}

function readNames(list: unknown): readonly string[] {
  return asList(list).filter((name): name is string => typeof name === 'string')
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
