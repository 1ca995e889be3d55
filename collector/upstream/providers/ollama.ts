import type { Provider } from './provider.ts'
import { openai } from './openai.ts'
import { withPath } from './provider.ts'

/** Ollama's OpenAI-compatible path; its `api_base` is the server's origin, as in LiteLLM. */
export const ollama: Provider = {
  ...openai,
  name: 'ollama',
  endpoint({ apiBase }) {
    const base = apiBase.replace(/\/(?:v1|api)$/, '')
    return withPath(base, '/v1/chat/completions')
  },
  limitField: () => 'max_tokens',
  chatDialect: () => ({ refusedLimitField: 'max_completion_tokens' }),
}
