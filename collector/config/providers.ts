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
  /** A local server, or one that is shown something else than a key. */
  readonly keyOptional?: true
}

function hosted(name: string, apiBase: string, keyVariables = [`${name}_API_KEY`]): ProviderFacts {
  return { apiBase, baseVariables: [`${name}_API_BASE`], keyVariables }
}

function selfHosted(name: string): ProviderFacts {
  return { baseVariables: [`${name}_API_BASE`], keyVariables: [`${name}_API_KEY`] }
}

const OLLAMA: ProviderFacts = {
  ...selfHosted('OLLAMA'),
  apiBase: 'http://localhost:11434',
  keyOptional: true,
}

/**
 * Providers that are served. Any other OpenAI-compatible server is `openai/`, or a prefix of its
 * own, with an `api_base`.
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
  [
    'azure',
    {
      apis: ['chat', 'responses'],
      baseVariables: ['AZURE_API_BASE'],
      keyVariables: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
    },
  ],
  // Its address follows from `vertex_location`, its key is a token.
  ['vertex_ai', { apis: ['messages'], baseVariables: [], keyVariables: [], keyOptional: true }],
  ['cerebras', hosted('CEREBRAS', 'https://api.cerebras.ai/v1')],
  ['deepinfra', hosted('DEEPINFRA', 'https://api.deepinfra.com/v1/openai')],
  // LiteLLM's own default: a prefix is continued at the beta address only.
  ['deepseek', hosted('DEEPSEEK', 'https://api.deepseek.com/beta')],
  [
    'fireworks_ai',
    hosted('FIREWORKS', 'https://api.fireworks.ai/inference/v1', [
      'FIREWORKS_API_KEY',
      'FIREWORKS_AI_API_KEY',
    ]),
  ],
  ['friendliai', hosted('FRIENDLI', 'https://api.friendli.ai/serverless/v1', ['FRIENDLI_TOKEN'])],
  [
    'gemini',
    hosted('GEMINI', 'https://generativelanguage.googleapis.com/v1beta/openai', [
      'GEMINI_API_KEY',
      'GOOGLE_API_KEY',
    ]),
  ],
  ['github', hosted('GITHUB', 'https://models.inference.ai.azure.com')],
  ['groq', hosted('GROQ', 'https://api.groq.com/openai/v1')],
  ['meta_llama', hosted('LLAMA', 'https://api.llama.com/compat/v1')],
  ['mistral', hosted('MISTRAL', 'https://api.mistral.ai/v1')],
  ['moonshot', hosted('MOONSHOT', 'https://api.moonshot.ai/v1')],
  ['nvidia_nim', hosted('NVIDIA_NIM', 'https://integrate.api.nvidia.com/v1')],
  ['openrouter', hosted('OPENROUTER', 'https://openrouter.ai/api/v1')],
  ['perplexity', hosted('PERPLEXITY', 'https://api.perplexity.ai', ['PERPLEXITYAI_API_KEY'])],
  ['sambanova', hosted('SAMBANOVA', 'https://api.sambanova.ai/v1')],
  [
    'together_ai',
    hosted('TOGETHER_AI', 'https://api.together.xyz/v1', [
      'TOGETHERAI_API_KEY',
      'TOGETHER_AI_API_KEY',
      'TOGETHER_API_KEY',
    ]),
  ],
  ['volcengine', hosted('VOLCENGINE', 'https://ark.cn-beijing.volces.com/api/v3')],
  ['xai', hosted('XAI', 'https://api.x.ai/v1')],
  ['ollama', OLLAMA],
  ['ollama_chat', OLLAMA],
  ['custom_openai', selfHosted('OPENAI_LIKE')],
  ['databricks', selfHosted('DATABRICKS')],
  ['hosted_vllm', selfHosted('HOSTED_VLLM')],
  ['litellm_proxy', selfHosted('LITELLM_PROXY')],
  ['llamafile', selfHosted('LLAMAFILE')],
  ['lm_studio', selfHosted('LM_STUDIO')],
  ['openai_like', selfHosted('OPENAI_LIKE')],
  ['vllm', selfHosted('HOSTED_VLLM')],
])

/** Prefixes that LiteLLM knows and that speak a protocol, or want a signature, that we do not. */
export const UNSUPPORTED_PROVIDERS: ReadonlySet<string> = new Set([
  'ai21',
  'auto_router',
  'azure_ai',
  'azure_text',
  'bedrock',
  'clarifai',
  'cloudflare',
  'codestral',
  'cohere',
  'cohere_chat',
  'github_copilot',
  'huggingface',
  'nlp_cloud',
  'oci',
  'palm',
  'petals',
  'predibase',
  'replicate',
  'sagemaker',
  'sagemaker_chat',
  'snowflake',
  'text-completion-codestral',
  'text-completion-openai',
  'triton',
  'vertex_ai_beta',
  'voyage',
  'watsonx',
  'watsonx_text',
])
