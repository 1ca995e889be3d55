import type { Span } from '../story/span.ts'
import { DEFAULT_SOURCE } from './config.ts'

/**
 * What a worker needs to know of a source in order to name it; plain data, for it is sent there.
 */
export interface SourceMatch {
  readonly name: string
  readonly match: ReadonlyMap<string, string>
}

/** The first source whose attributes a resource has; a source without any is not asked. */
export function sourceOf(
  sources: readonly SourceMatch[],
  { resource }: Pick<Span, 'resource'>,
): string {
  const matching = sources.find(
    ({ match }) =>
      match.size > 0 && [...match].every(([key, value]) => resource.get(key) === value),
  )
  return matching?.name ?? DEFAULT_SOURCE
}
