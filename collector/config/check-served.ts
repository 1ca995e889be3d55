import type { Path } from './config-path.ts'
import type { DeploymentParams } from './deployment-params.ts'
import type { ModelName } from './parse-model-name.ts'
import { PROVIDERS, UNSUPPORTED_PROVIDERS } from './providers.ts'
import { suggest } from './suggest.ts'

/**
 * What a deployment that has no chat serves: not our business, and no reason to refuse the file.
 */
const OTHER_MODES: ReadonlySet<string> = new Set([
  'audio_speech',
  'audio_transcription',
  'batch',
  'completion',
  'embedding',
  'image_edit',
  'image_generation',
  'moderation',
  'ocr',
  'realtime',
  'rerank',
  'search',
  'vector_store',
  'video_generation',
])

interface ServedPlace {
  readonly info: Path
  readonly name: ModelName
  /** A credential that it names and that is not in the file. */
  readonly missingCredential: string | undefined
}

/** Why a deployment is left out; the rest of the file is served without it. */
export interface NotServed {
  readonly code: 'CONFIG_PROVIDER_UNSUPPORTED' | 'CONFIG_NOT_SERVED'
  readonly path: Path
  readonly message: string
  readonly hint?: string
  /** It serves no chat, and nobody expects it to. */
  readonly otherMode?: true
}

/** What keeps a deployment from being served; `undefined` where nothing does. */
export function checkServed(params: DeploymentParams, place: ServedPlace): NotServed | undefined {
  const { reader, own } = params
  const { info, name, missingCredential } = place
  const mode = reader.get([...info, 'mode'])
  if (typeof mode === 'string' && OTHER_MODES.has(mode)) {
    const place = [...info, 'mode']
    return { ...notServed(place, `its mode is "${mode}", no chat`), otherMode: true }
  }
  if (reader.boolean([...info, 'blocked']) === true) {
    return notServed([...info, 'blocked'], 'it is blocked')
  }
  const environments = reader.get([...info, 'supported_environments'])
  const environment = reader.environment('LITELLM_ENVIRONMENT')
  if (Array.isArray(environments) && !environments.includes(environment)) {
    return notServed(
      [...info, 'supported_environments'],
      `it is not meant for LITELLM_ENVIRONMENT=${environment ?? ''}`,
    )
  }
  const mock = params.find('mock_response')
  if (mock !== undefined) {
    return notServed(mock, 'mock_response is an answer that no model gave, and is not served')
  }
  if (missingCredential !== undefined) {
    return notServed(
      [...own, 'litellm_credential_name'],
      `the credential "${missingCredential}" is not in credential_list`,
      'credentials that only LiteLLM’s database holds must be written into the file',
    )
  }
  const isAzure = name.kind === 'served' && name.provider === 'azure'
  return (isAzure ? checkToken(params) : undefined) ?? checkProvider(params, name)
}

/** Ways to a token of Entra ID that LiteLLM walks and we do not. */
function checkToken(params: DeploymentParams): NotServed | undefined {
  const { reader } = params
  const variables = ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY', 'AZURE_AD_TOKEN']
  const hasUsual = variables.some((name) => reader.environment(name) !== undefined)
  if (params.find('api_key') !== undefined || hasUsual) return undefined
  const token = params.find('azure_ad_token')
  const value = token && reader.get(token)
  const isReference = typeof value === 'string' && value.startsWith('oidc/')
  if (token !== undefined && !isReference) return undefined
  const refresh = ['litellm_settings', 'enable_azure_ad_token_refresh']
  const way =
    token ??
    params.find('client_secret', 'azure_password') ??
    (reader.get(refresh) === true ? refresh : undefined)
  if (way === undefined) return undefined
  return notServed(
    way,
    'tokens are not fetched from Entra ID',
    'give api_key, or a token that something else renews as azure_ad_token',
  )
}

function checkProvider(params: DeploymentParams, name: ModelName): NotServed | undefined {
  const path = params.find('model') ?? params.own
  const code = 'CONFIG_PROVIDER_UNSUPPORTED'
  if (name.kind === 'unsupported') {
    const { provider, model } = name
    return {
      code,
      path,
      message: `the provider "${provider}" is not supported${provider === 'vertex_ai' ? ` for "${model}", only for claude-…` : ''}`,
      hint: `use an OpenAI-compatible endpoint of it (openai/<model> with api_base); or let LiteLLM call it, and set api_base to LiteLLM`,
    }
  }
  if (name.kind === 'served' || params.find('api_base', 'base_url') !== undefined) return undefined
  const { provider, model } = name
  const near = provider && suggest(provider, [...PROVIDERS.keys(), ...UNSUPPORTED_PROVIDERS])
  return {
    code,
    path,
    message:
      provider === undefined
        ? `expected <provider>/<model>, found "${model}"`
        : `the provider "${provider}" is not known, and there is no api_base`,
    hint:
      near === undefined || near === ''
        ? `write openai/${model} with api_base for an OpenAI-compatible server`
        : `did you mean "${near}/${model}"?`,
  }
}

function notServed(path: Path, message: string, hint?: string): NotServed {
  return {
    code: 'CONFIG_NOT_SERVED',
    path,
    message,
    ...(hint !== undefined && { hint }),
  }
}
