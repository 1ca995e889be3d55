import type { ConfigReader } from './config-reader.ts'
import { isRecord } from './config-reader.ts'
import type { Path } from './config-path.ts'
import { hintFor } from './suggest.ts'

/** Fallback routes by the route that they stand in for; `*` is for every route without its own. */
export type FallbackMap = ReadonlyMap<string, readonly string[]>

export interface RouteNames {
  /** Whether a client, and so a fallback, may ask for this name. */
  has(name: string): boolean
  readonly names: readonly string[]
}

const SHAPE_HINT =
  'write a list of maps, as LiteLLM does: [{"route": ["fallback-1", "fallback-2"]}]'

/** Every route without fallbacks of its own. */
const ANY = '*'

/**
 * Reads LiteLLM's list of maps (`- gpt-4o: [claude, mistral]`) and what people write in its place:
 * one map, or names alone, which are for every route. The first word for a route holds.
 */
export function readFallbacks(
  reader: ConfigReader,
  path: Path | undefined,
  routes: RouteNames,
): FallbackMap {
  const fallbacks = new Map<string, readonly string[]>()
  if (path === undefined) return fallbacks
  if (isRecord(reader.get(path))) readMap(reader, path, { routes, fallbacks })
  else readList(reader, path, { routes, fallbacks })
  return fallbacks
}

interface Reading {
  readonly routes: RouteNames
  readonly fallbacks: Map<string, readonly string[]>
}

function readList(reader: ConfigReader, path: Path, reading: Reading): void {
  const names: string[] = []
  const length = reader.list(path)
  for (let index = 0; index < length; index += 1) {
    const item = [...path, index]
    const value = reader.get(item)
    if (typeof value === 'string' || isTarget(value, reading.routes)) {
      names.push(...readTarget(reader, item, reading.routes))
    } else if (isRecord(value)) {
      readMap(reader, item, reading)
    } else {
      reader.fail({
        code: 'CONFIG_WRONG_TYPE',
        path: item,
        message: 'expected a map from a route to its fallback routes',
        hint: SHAPE_HINT,
      })
    }
  }
  if (names.length > 0 && !reading.fallbacks.has(ANY)) reading.fallbacks.set(ANY, names)
}

function readMap(reader: ConfigReader, path: Path, { routes, fallbacks }: Reading): void {
  for (const route of reader.keys(path)) {
    const place = [...path, route]
    if (route !== ANY) checkRoute(reader, { name: route, path: place, routes })
    const targets = readTargets(reader, place, routes)
    if (fallbacks.has(route)) {
      reader.warn({
        code: 'CONFIG_DUPLICATE_KEY',
        path: place,
        message: `the fallbacks of "${route}" are given twice; the first list is used`,
      })
      continue
    }
    fallbacks.set(
      route,
      targets.filter((target) => target !== route),
    )
  }
}

/** `{model: other, …}`: LiteLLM's way to change the request for one fallback. */
function isTarget(value: unknown, routes: RouteNames): boolean {
  return isRecord(value) && typeof value['model'] === 'string' && !routes.has('model')
}

/** A list of route names, or one name alone. */
export function readTargets(
  reader: ConfigReader,
  path: Path,
  routes: RouteNames,
): readonly string[] {
  if (typeof reader.get(path) === 'string') return readTarget(reader, path, routes)
  const length = reader.list(path)
  return Array.from({ length }, (_, index) => [...path, index]).flatMap((item) =>
    readTarget(reader, item, routes),
  )
}

function readTarget(reader: ConfigReader, path: Path, routes: RouteNames): readonly string[] {
  const value = reader.get(path)
  const place = isTarget(value, routes) ? [...path, 'model'] : path
  const name = reader.string(place)
  if (name === undefined) return []
  // The request goes to a fallback as its client sent it.
  for (const key of reader.keys(path)) if (key !== 'model') reader.ignore([...path, key])
  return checkRoute(reader, { name, path: place, routes }) ? [name] : []
}

interface RouteCheck {
  readonly name: string
  readonly path: Path
  readonly routes: RouteNames
}

function checkRoute(reader: ConfigReader, { name, path, routes }: RouteCheck): boolean {
  if (routes.has(name)) return true
  reader.fail({
    code: 'CONFIG_UNKNOWN_ROUTE',
    path,
    message: `there is no route "${name}" in model_list`,
    hint: hintFor(name, routes.names),
  })
  return false
}
