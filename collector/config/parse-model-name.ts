import { PROVIDERS, UNSUPPORTED_PROVIDERS } from './providers.ts'

export type ModelName =
  | ServedModel
  /** LiteLLM knows the provider, and what it speaks is not spoken here. */
  | { readonly kind: 'unsupported'; readonly provider: string; readonly model: string }
  /** Nobody here knows the provider; with an `api_base` it is taken as OpenAI-compatible. */
  | { readonly kind: 'unknown'; readonly provider: string | undefined; readonly model: string }

export interface ServedModel {
  readonly kind: 'served'
  readonly provider: string
  readonly model: string
  /** `openai/responses/<model>`, LiteLLM's word for "by the Responses API, whoever asks". */
  readonly byResponses?: true
  /** What the model is, where Azure's deployment name need not say it. */
  readonly baseModel?: string
}

/**
 * Splits `litellm_params.model` as LiteLLM does; names without a prefix are told by their maker's.
 */
export function parseModelName(model: string, customProvider: string | undefined): ModelName {
  const slash = model.indexOf('/')
  const prefix = slash === -1 ? undefined : model.slice(0, slash)
  const provider = customProvider ?? prefix
  if (provider === undefined) return byMaker(model)
  const rest = prefix === provider ? model.slice(slash + 1) : model
  // Of Vertex AI's models only Claude speaks a protocol that is spoken here.
  if (provider === 'vertex_ai' && !rest.startsWith('claude')) {
    return { kind: 'unsupported', provider, model: rest }
  }
  if (PROVIDERS.has(provider)) return served(provider, rest)
  if (UNSUPPORTED_PROVIDERS.has(provider)) return { kind: 'unsupported', provider, model: rest }
  return { kind: 'unknown', provider, model: rest }
}

function byMaker(model: string): ModelName {
  if (/^(?:gpt-|chatgpt-|ft:gpt-|o\d)/.test(model)) return served('openai', model)
  if (model.startsWith('claude-')) return served('anthropic', model)
  return { kind: 'unknown', provider: undefined, model }
}

const RESPONSES_PREFIX = 'responses/'

/** LiteLLM's way to say what an Azure deployment of any name is; its API differs by it. */
const AZURE_SERIES: readonly (readonly [prefix: string, baseModel: string])[] = [
  ['o_series/', 'o3'],
  ['gpt5_series/', 'gpt-5'],
]

function served(provider: string, name: string): ServedModel {
  const hasResponses = PROVIDERS.get(provider)?.apis?.includes('responses') === true
  const byResponses = hasResponses && name.startsWith(RESPONSES_PREFIX)
  const model = byResponses ? name.slice(RESPONSES_PREFIX.length) : name
  const series =
    provider === 'azure' ? AZURE_SERIES.find(([prefix]) => model.startsWith(prefix)) : undefined
  return {
    kind: 'served',
    provider,
    model: series === undefined ? model : model.slice(series[0].length),
    ...(byResponses && { byResponses }),
    ...(series !== undefined && { baseModel: series[1] }),
  }
}
