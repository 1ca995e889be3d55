import { isRecord } from './config-reader.ts'
import type { Path } from './config-path.ts'
import type { YamlSource } from './yaml-source.ts'

export interface IncludedSource {
  readonly file: string
  readonly source: YamlSource
}

/** Where a top-level key, or the elements of a list from `start` on, come from. */
interface Origin {
  readonly source: YamlSource
  readonly file: string | undefined
  readonly start: number
}

/**
 * One file of several, as LiteLLM's `include` makes it: lists are appended to, whatever else an
 * included file says replaces what was said before. Every part keeps its own place.
 */
export function mergeSources(main: YamlSource, included: readonly IncludedSource[]): YamlSource {
  const merged = new Map<string, unknown>()
  const origins = new Map<string, readonly Origin[]>()
  for (const { source, file } of [{ source: main, file: undefined }, ...included]) {
    if (!isRecord(source.value)) continue
    for (const [key, value] of Object.entries(source.value)) {
      const before = merged.get(key)
      const appends = Array.isArray(before) && Array.isArray(value)
      const start = appends ? before.length : 0
      merged.set(key, appends ? [...before, ...value] : value)
      origins.set(key, [...(appends ? (origins.get(key) ?? []) : []), { source, file, start }])
    }
  }
  return {
    value: Object.fromEntries(merged),
    locate(path) {
      const { origin, inside } = findOrigin(origins, path)
      if (origin === undefined) return main.locate(path)
      const position = origin.source.locate(inside)
      return position && { ...position, ...(origin.file !== undefined && { file: origin.file }) }
    },
  }
}

function findOrigin(
  origins: ReadonlyMap<string, readonly Origin[]>,
  path: Path,
): { readonly origin?: Origin | undefined; readonly inside: Path } {
  const [key, index] = path
  const list = (typeof key === 'string' ? origins.get(key) : undefined) ?? []
  if (key === undefined || typeof index !== 'number') return { origin: list[0], inside: path }
  const origin = list.findLast(({ start }) => index >= start)
  if (origin === undefined) return { inside: path }
  return { origin, inside: [key, index - origin.start, ...path.slice(2)] }
}
