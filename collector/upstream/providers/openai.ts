import type { DeploymentConfig } from '../../config/config.ts'
import type { Provider } from './provider.ts'
import { bearer, clientHeaders, withPath } from './provider.ts'

/** What a client may tell OpenAI beside the body: betas, and its own id of the request. */
export const openAiHeaders = ['openai-beta', 'x-client-request-id'] as const

/** OpenAI, and whoever copied its paths and its headers. */
export const openai: Provider = {
  name: 'openai',

  endpoint({ apiBase }, api) {
    return withPath(apiBase, api === 'responses' ? '/responses' : '/chat/completions')
  },

  headers(input) {
    return Object.assign(clientHeaders(input, openAiHeaders), bearer(input.apiKey))
  },

  // OpenAI's reasoning models refuse `max_tokens`; Mistral, and older servers, the newer word.
  limitField: (target) => (isOpenAi(target) ? 'max_completion_tokens' : 'max_tokens'),
}

/** OpenAI itself, or a gateway in front of it, which the model's name tells. */
function isOpenAi({ provider, apiBase, model }: DeploymentConfig): boolean {
  if (provider !== 'openai') return false
  if (new URL(apiBase).hostname === 'api.openai.com') return true
  return /^(?:gpt-(?!oss)|chatgpt-|o\d)/.test(model)
}
