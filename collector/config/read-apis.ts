import type { DeploymentConfig } from './config.ts'
import type { Path } from './config-path.ts'
import type { DeploymentParams } from './deployment-params.ts'
import type { ServedModel } from './parse-model-name.ts'

interface ApisPlace {
  readonly info: Path
  readonly name: ServedModel
  /** What the provider's servers speak. */
  readonly apis: DeploymentConfig['apis']
}

/**
 * The protocols that a deployment's server is asked in. LiteLLM has four words for it: the model's
 * prefix, `model_info.mode`, `use_chat_completions_api`, and `supported_endpoints` for a compatible
 * server that has `/responses` too.
 */
export function readApis(
  params: DeploymentParams,
  { info, name, apis }: ApisPlace,
): DeploymentConfig['apis'] {
  const { reader } = params
  const chatOnly = params.boolean('use_chat_completions_api') === true
  if (apis[0] !== 'chat') return apis
  if (chatOnly) return ['chat']
  if (name.byResponses === true || reader.get([...info, 'mode']) === 'responses') {
    return ['responses']
  }
  const endpoints = reader.get([...info, 'supported_endpoints'])
  const listed = Array.isArray(endpoints) && endpoints.includes('/v1/responses')
  return listed ? ['chat', 'responses'] : apis
}
