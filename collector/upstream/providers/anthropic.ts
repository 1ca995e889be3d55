import type { DeploymentConfig } from '../../config/config.ts'
import type { Provider, ProviderHeadersInput } from './provider.ts'
import { clientHeaders, withPath } from './provider.ts'

/** The version that the translation speaks; a client that names another gets what it named. */
const VERSION_DEFAULT = '2023-06-01'

/** From here on `temperature`, `top_p` and `top_k` are refused with 400, whatever the model. */
const VERSION_WITHOUT_SAMPLING = '2026-10-21'

export const anthropicBeta = ['anthropic-beta'] as const

export const anthropic: Provider = {
  name: 'anthropic',

  endpoint({ apiBase }) {
    return withPath(apiBase, '/v1/messages')
  },

  headers(input) {
    const { apiKey, clientApi } = input
    const own = clientApi === 'messages' ? clientHeaders(input, anthropicBeta) : {}
    return {
      ...own,
      'anthropic-version': versionFor(input),
      ...(apiKey !== undefined && { 'x-api-key': apiKey.reveal() }),
    }
  },

  acceptsSampling: (target) => configuredVersion(target) < VERSION_WITHOUT_SAMPLING,
}

/** A client's version says how its body is to be read; a body of ours is as it is configured. */
function versionFor({ clientApi, clientHeaders, target }: ProviderHeadersInput): string {
  const given = clientHeaders['anthropic-version']
  const isOwn = clientApi === 'messages' && typeof given === 'string' && given !== ''
  return isOwn ? given : configuredVersion(target)
}

function configuredVersion({ headers }: DeploymentConfig): string {
  return headers?.get('anthropic-version')?.reveal() ?? VERSION_DEFAULT
}
