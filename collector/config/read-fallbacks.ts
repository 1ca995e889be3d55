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

/**
 * Reads LiteLLM's list of maps (`- gpt-4o: [claude, mistral]`); the first word for a route holds.
 */
export function readFallbacks(
  reader: ConfigReader,
  path: Path | undefined,
  routes: RouteNames,
): FallbackMap {
  const fallbacks = new Map<string, readonly string[]>()
  if (path === undefined) return fallbacks
  const length = reader.list(path)
  for (let index = 0; index < length; index += 1) {
    const item = [...path, index]
    if (!isRecord(reader.get(item))) {
      reader.fail({
        code: 'CONFIG_WRONG_TYPE',
        path: item,
        message: 'expected a map from a route to its fallback routes',
        hint: SHAPE_HINT,
      })
      continue
    }
    for (const route of reader.keys(item)) {
      if (route !== '*') checkRoute(reader, { name: route, path: [...item, route], routes })
      const targets = readTargets(reader, [...item, route], routes)
      if (fallbacks.has(route)) {
        reader.warn({
          code: 'CONFIG_DUPLICATE_ID',
          path: [...item, route],
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
  return fallbacks
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
  const name = reader.string(path)
  if (name === undefined) return []
  return checkRoute(reader, { name, path, routes }) ? [name] : []
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
