import type { Provider } from './provider.ts'
import { withPath } from './provider.ts'

/**
 * What a request that we translate is written against. The newer `2026-10-21` refuses
 * `temperature`, `top_p` and `top_k`, which Chat clients send; a Messages client's own version is
 * carried through.
 */
const VERSION_DEFAULT = '2023-06-01'

export const anthropic: Provider = {
  name: 'anthropic',

  endpoint(target) {
    return withPath(target.apiBase, '/v1/messages')
  },

  headers({ apiKey, clientApi, clientHeaders }) {
    const headers: Record<string, string> = { 'anthropic-version': VERSION_DEFAULT }
    if (apiKey !== undefined) headers['x-api-key'] = apiKey.reveal()
    if (clientApi !== 'messages') return headers
    const version = clientHeaders['anthropic-version']
    if (typeof version === 'string' && version !== '') headers['anthropic-version'] = version
    const beta = clientHeaders['anthropic-beta']
    if (beta !== undefined && beta.length > 0) {
      headers['anthropic-beta'] = Array.isArray(beta) ? beta.join(',') : beta
    }
    return headers
  },
}
