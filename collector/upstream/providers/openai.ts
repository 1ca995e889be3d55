import type { Provider } from './provider.ts'
import { bearer, withPath } from './provider.ts'

/** OpenAI, and whoever copied its paths and its headers. */
export const openai: Provider = {
  name: 'openai',

  endpoint({ apiBase }, api) {
    return withPath(apiBase, api === 'responses' ? '/responses' : '/chat/completions')
  },

  headers: ({ apiKey }) => bearer(apiKey),
}
