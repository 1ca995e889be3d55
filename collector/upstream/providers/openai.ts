import type { Provider } from './provider.ts'
import { withPath } from './provider.ts'

/** OpenAI, and whatever speaks its Chat Completions at an `api_base` of its own. */
export const openai: Provider = {
  name: 'openai',

  // Every client is served by Chat Completions: it is what all compatible servers have.
  targetApi: () => 'chat',

  endpoint(apiBase) {
    return withPath(apiBase, '/chat/completions')
  },

  headers({ apiKey }) {
    return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey.reveal()}` }
  },
}
