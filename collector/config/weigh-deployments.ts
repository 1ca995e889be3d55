import type { DeploymentConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'

/** LiteLLM's measures of a deployment's share of the traffic, in its order. */
const MEASURES = ['weight', 'rpm', 'tpm'] as const

interface Entry {
  readonly path: Path
  readonly deployment?: DeploymentConfig
}

/**
 * The share of each of a route's deployments. As in LiteLLM the first measure that one of them has
 * holds for all, and whoever lacks it is asked only when the others are not.
 */
export function weigh(
  reader: ConfigReader,
  entries: readonly Entry[],
): readonly DeploymentConfig[] {
  const measure = MEASURES.find((name) =>
    entries.some(({ path, deployment }) => deployment && placeOf(reader, path, name)),
  )
  return entries.flatMap(({ path, deployment }) => {
    if (deployment === undefined) return []
    if (measure === undefined) return [deployment]
    const place = placeOf(reader, path, measure)
    const weight = place === undefined ? 0 : reader.number(place, { min: 0 })
    return [{ ...deployment, weight: weight ?? 0 }]
  })
}

/** LiteLLM reads rates beside `litellm_params` too. */
function placeOf(reader: ConfigReader, path: Path, measure: string): Path | undefined {
  return [
    [...path, 'litellm_params', measure],
    [...path, measure],
  ].find((place) => reader.get(place) !== undefined)
}
