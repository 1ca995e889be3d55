import type { DeploymentConfig } from '../../config/config.ts'
import type { Api } from '../../vocabulary.ts'
import type { Provider } from './provider.ts'
import { bearer, clientHeaders, withPath } from './provider.ts'
import { openAiDialect, openAiHeaders } from './openai.ts'

/** LiteLLM's default for Chat; Responses came later and needs no date. */
const CHAT_VERSION_DEFAULT = '2025-02-01-preview'

/** Versions that name Azure's undated API, `/openai/v1/`. */
const UNDATED: ReadonlySet<string> = new Set(['v1', 'preview', 'latest'])

/**
 * Azure OpenAI: the model is a deployment in the path, the version a query. Its newer, undated form
 * has neither, and is what OpenAI's own paths are.
 */
export const azure: Provider = {
  name: 'azure',

  endpoint(target, api) {
    const suffix = api === 'responses' ? '/responses' : '/chat/completions'
    const version = target.azure?.apiVersion ?? (api === 'chat' ? CHAT_VERSION_DEFAULT : 'preview')
    const { pathname } = new URL(target.apiBase)
    const isUndated = pathname.endsWith('/openai/v1') || UNDATED.has(version)
    return isUndated
      ? undated(target.apiBase, suffix, version)
      : dated(target, { api, suffix, version })
  },

  headers(input) {
    const token = input.target.azure?.adToken
    const shown = input.apiKey === undefined ? bearer(token) : { 'api-key': input.apiKey.reveal() }
    return { ...clientHeaders(input, openAiHeaders), ...shown }
  },

  // Reasoning models refuse the older word, and every current version knows the newer one.
  limitField: () => 'max_completion_tokens',
  chatDialect: openAiDialect,
}

/** Refuses a date: only what is not generally available yet is still named by a version. */
function undated(apiBase: string, suffix: string, version: string): URL {
  const { pathname } = new URL(apiBase)
  const url = withPath(apiBase, pathname.endsWith('/openai/v1') ? suffix : `/openai/v1${suffix}`)
  if (version === 'preview' || version === 'latest') url.searchParams.set('api-version', version)
  return url
}

interface DatedCall {
  readonly api: Api
  readonly suffix: string
  readonly version: string
}

function dated(target: DeploymentConfig, { api, suffix, version }: DatedCall): URL {
  // A base that names its deployment already is taken at its word.
  const hasDeployment = target.apiBase.includes('/openai/deployments/')
  const deployment = `/openai/deployments/${encodeURIComponent(target.model)}`
  const path =
    api === 'responses' ? `/openai${suffix}` : hasDeployment ? suffix : deployment + suffix
  const url = withPath(target.apiBase, path)
  url.searchParams.set('api-version', version)
  return url
}
