import type { Api } from '../vocabulary.ts'

/** Where each protocol is served; LiteLLM's clients leave out `/v1` as often as not. */
export const API_PATHS: Readonly<Record<Api, readonly string[]>> = {
  chat: ['/v1/chat/completions', '/chat/completions'],
  messages: ['/v1/messages', '/messages'],
  responses: ['/v1/responses', '/responses'],
}

export const MODELS_PATHS = ['/v1/models', '/models'] as const

const GET_PATHS: ReadonlySet<string> = new Set([...MODELS_PATHS, '/livez', '/readyz', '/metrics'])
const POST_PATHS: ReadonlySet<string> = new Set(Object.values(API_PATHS).flat())

/** The method that a path is served with, if it is served at all. */
export function methodOf(path: string): 'GET' | 'POST' | undefined {
  if (GET_PATHS.has(path)) return 'GET'
  return POST_PATHS.has(path) ? 'POST' : undefined
}

/** For a 404 that helps. */
export const SERVED =
  'POST /v1/chat/completions, POST /v1/responses, POST /v1/messages, GET /v1/models, GET /livez, GET /readyz, GET /metrics'

/** `/v1/responses/{id}` and what is below it: where a provider's own API keeps responses. */
export function isStoredResponse(path: string): boolean {
  return API_PATHS.responses.some((served) => path.startsWith(`${served}/`))
}

/** The protocol in which an error on this path is understood. */
export function apiOfPath(path: string): Api {
  return path.includes('/messages')
    ? 'messages'
    : path.includes('/responses')
      ? 'responses'
      : 'chat'
}
