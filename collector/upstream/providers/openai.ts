import type { DeploymentConfig } from '../../config/config.ts'
import { modelTraits } from '../../continuation/model-traits.ts'
import type { ChatDialect } from '../../protocol/protocol.ts'
import { MISTRAL_TOOL_ID, OPENAI_TOOL_ID } from '../../protocol/tool-id.ts'
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

  chatDialect(target) {
    if (isOpenAi(target)) return openAiDialect(target)
    if (isMistral(target)) return MISTRAL
    return PASSED_ON.has(target.provider) ? {} : OLDER_LIMIT
  },
}

/** Of OpenAI's models, on whichever host; only those that think refuse the older word. */
export function openAiDialect(target: DeploymentConfig): ChatDialect {
  const thinks = modelTraits(target).acceptsEffort === true
  return {
    ...(thinks && { refusedLimitField: 'max_tokens' }),
    toolIdForm: OPENAI_TOOL_ID,
  }
}

/** Mistral answers 422 to the newer word, servers of one's own pass over it: no limit is obeyed. */
const OLDER_LIMIT: ChatDialect = { refusedLimitField: 'max_completion_tokens' }
const MISTRAL: ChatDialect = { ...OLDER_LIMIT, toolIdForm: MISTRAL_TOOL_ID }

/** Behind these stands somebody else, who may know either word: the client's own is passed on. */
const PASSED_ON: ReadonlySet<string> = new Set([
  'custom_openai',
  'databricks',
  'github',
  'litellm_proxy',
  'openai',
  'openai_like',
  'openrouter',
])

/** OpenAI itself, or a gateway in front of it, which the model's name tells. */
function isOpenAi({ provider, apiBase, model }: DeploymentConfig): boolean {
  if (provider !== 'openai') return false
  if (new URL(apiBase).hostname === 'api.openai.com') return true
  return /^(?:gpt-(?!oss)|chatgpt-|o\d)/.test(model)
}

function isMistral({ provider, apiBase }: DeploymentConfig): boolean {
  return provider === 'mistral' || new URL(apiBase).hostname === 'api.mistral.ai'
}
