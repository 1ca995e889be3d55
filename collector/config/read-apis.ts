import type { DeploymentConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import type { ProviderFacts } from './providers.ts'

interface ApisPlace {
  readonly params: Path
  readonly info: Path
  readonly facts: ProviderFacts
  readonly name: { readonly byResponses?: true }
}

/**
 * The protocols that a deployment's server is asked in. LiteLLM has four words for it: the model's
 * prefix, `model_info.mode`, `use_chat_completions_api`, and `supported_endpoints` for a compatible
 * server that has `/responses` too.
 */
export function readApis(
  reader: ConfigReader,
  { params, info, facts, name }: ApisPlace,
): DeploymentConfig['apis'] {
  const chatOnly = reader.boolean([...params, 'use_chat_completions_api']) === true
  const apis = facts.apis ?? ['chat']
  if (apis[0] !== 'chat') return apis
  if (chatOnly) return ['chat']
  if (name.byResponses === true || reader.get([...info, 'mode']) === 'responses') {
    return ['responses']
  }
  const endpoints = reader.get([...info, 'supported_endpoints'])
  const listed = Array.isArray(endpoints) && endpoints.includes('/v1/responses')
  return listed ? ['chat', 'responses'] : apis
}
