import type { DeploymentConfig } from './config.ts'

/** What LiteLLM's provider prefixes mean to us. */
export interface ProviderFacts {
  /** Absent: Chat only, the one protocol of all servers that call themselves compatible. */
  readonly apis?: DeploymentConfig['apis']
  /** Absent: a server of one's own, whose `api_base` only its owner knows. */
  readonly apiBase?: string
  /** Variables that hold its base, in LiteLLM's order. */
  readonly baseVariables: readonly string[]
  /** Variables that hold its key, in LiteLLM's order. */
  readonly keyVariables: readonly string[]
}

function openAiCompatible(apiBase: string, ...keyVariables: string[]): ProviderFacts {
  return { apiBase, baseVariables: [], keyVariables }
}

function selfHosted(baseVariable: string, keyVariable: string): ProviderFacts {
  return { baseVariables: [baseVariable], keyVariables: [keyVariable] }
}

/**
 * Providers that are served; any other OpenAI-compatible server is `openai/` with an `api_base`.
 */
export const PROVIDERS: ReadonlyMap<string, ProviderFacts> = new Map<string, ProviderFacts>([
  [
    'openai',
    {
      apis: ['chat', 'responses'],
      apiBase: 'https://api.openai.com/v1',
      baseVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
      keyVariables: ['OPENAI_API_KEY'],
    },
  ],
  [
    'anthropic',
    {
      apis: ['messages'],
      apiBase: 'https://api.anthropic.com',
      baseVariables: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
      keyVariables: ['ANTHROPIC_API_KEY'],
    },
  ],
  ['cerebras', openAiCompatible('https://api.cerebras.ai/v1', 'CEREBRAS_API_KEY')],
  ['deepinfra', openAiCompatible('https://api.deepinfra.com/v1/openai', 'DEEPINFRA_API_KEY')],
  ['deepseek', openAiCompatible('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY')],
  [
    'fireworks_ai',
    openAiCompatible(
      'https://api.fireworks.ai/inference/v1',
      'FIREWORKS_API_KEY',
      'FIREWORKS_AI_API_KEY',
    ),
  ],
  [
    'gemini',
    openAiCompatible(
      'https://generativelanguage.googleapis.com/v1beta/openai',
      'GEMINI_API_KEY',
      'GOOGLE_API_KEY',
    ),
  ],
  ['groq', openAiCompatible('https://api.groq.com/openai/v1', 'GROQ_API_KEY')],
  ['mistral', openAiCompatible('https://api.mistral.ai/v1', 'MISTRAL_API_KEY')],
  ['moonshot', openAiCompatible('https://api.moonshot.ai/v1', 'MOONSHOT_API_KEY')],
  ['nvidia_nim', openAiCompatible('https://integrate.api.nvidia.com/v1', 'NVIDIA_NIM_API_KEY')],
  ['openrouter', openAiCompatible('https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY')],
  ['perplexity', openAiCompatible('https://api.perplexity.ai', 'PERPLEXITYAI_API_KEY')],
  ['sambanova', openAiCompatible('https://api.sambanova.ai/v1', 'SAMBANOVA_API_KEY')],
  ['together_ai', openAiCompatible('https://api.together.xyz/v1', 'TOGETHERAI_API_KEY')],
  ['xai', openAiCompatible('https://api.x.ai/v1', 'XAI_API_KEY')],
  ['custom_openai', selfHosted('OPENAI_LIKE_API_BASE', 'OPENAI_LIKE_API_KEY')],
  ['hosted_vllm', selfHosted('HOSTED_VLLM_API_BASE', 'HOSTED_VLLM_API_KEY')],
  ['litellm_proxy', selfHosted('LITELLM_PROXY_API_BASE', 'LITELLM_PROXY_API_KEY')],
  ['llamafile', selfHosted('LLAMAFILE_API_BASE', 'LLAMAFILE_API_KEY')],
  ['lm_studio', selfHosted('LM_STUDIO_API_BASE', 'LM_STUDIO_API_KEY')],
  ['openai_like', selfHosted('OPENAI_LIKE_API_BASE', 'OPENAI_LIKE_API_KEY')],
])

/** Prefixes that LiteLLM knows and that speak a protocol, or want a signature, that we do not. */
export const UNSUPPORTED_PROVIDERS: ReadonlySet<string> = new Set([
  'ai21',
  'azure',
  'azure_ai',
  'azure_text',
  'baseten',
  'bedrock',
  'clarifai',
  'cloudflare',
  'codestral',
  'cohere',
  'cohere_chat',
  'databricks',
  'github',
  'github_copilot',
  'huggingface',
  'nlp_cloud',
  'oci',
  'ollama',
  'ollama_chat',
  'palm',
  'petals',
  'predibase',
  'replicate',
  'sagemaker',
  'sagemaker_chat',
  'snowflake',
  'text-completion-openai',
  'triton',
  'vertex_ai',
  'vertex_ai_beta',
  'vllm',
  'voyage',
  'watsonx',
  'watsonx_text',
])

export type ModelName =
  | {
      readonly kind: 'supported'
      readonly provider: string
      readonly model: string
      /** `openai/responses/<model>`, LiteLLM's word for "by the Responses API, whoever asks". */
      readonly byResponses?: true
    }
  | { readonly kind: 'unsupported'; readonly provider: string }
  | { readonly kind: 'unknown' }

/**
 * Splits `litellm_params.model` as LiteLLM does; names without a prefix are told by their maker's.
 */
export function parseModelName(model: string, customProvider: string | undefined): ModelName {
  const slash = model.indexOf('/')
  const prefix = slash === -1 ? '' : model.slice(0, slash)
  const provider = customProvider ?? prefix
  if (PROVIDERS.has(provider)) {
    return supported(provider, prefix === provider ? model.slice(slash + 1) : model)
  }
  if (UNSUPPORTED_PROVIDERS.has(provider)) return { kind: 'unsupported', provider }
  if (customProvider !== undefined) return { kind: 'unsupported', provider: customProvider }
  if (/^(?:gpt-|chatgpt-|o\d)/.test(model)) return { kind: 'supported', provider: 'openai', model }
  if (model.startsWith('claude-')) return { kind: 'supported', provider: 'anthropic', model }
  return { kind: 'unknown' }
}

const RESPONSES_PREFIX = 'responses/'

function supported(provider: string, model: string): ModelName {
  return provider === 'openai' && model.startsWith(RESPONSES_PREFIX)
    ? {
        kind: 'supported',
        provider,
        model: model.slice(RESPONSES_PREFIX.length),
        byResponses: true,
      }
    : { kind: 'supported', provider, model }
}
