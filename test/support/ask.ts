import type { Api } from '../../collector/vocabulary.ts'
import type { TestRouter } from './start-router.ts'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface AskOptions {
  readonly fields?: object
  readonly headers?: Record<string, string>
}

const PATHS: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

const MESSAGES = [{ role: 'user', content: 'Tell me.' }]

const BODIES: Readonly<Record<Api, object>> = {
  chat: { messages: MESSAGES },
  messages: { messages: MESSAGES, max_tokens: 50 },
  responses: { input: 'Tell me.' },
}

/** One request of the smallest body that the protocol knows, and `fields`. */
export async function ask(
  router: TestRouter,
  api: Api,
  { fields, headers }: AskOptions = {},
): Promise<Answered> {
  const response = await fetch(`${router.url}${PATHS[api]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'route', ...BODIES[api], ...fields }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** A whole answer in the protocol that is asked for. */
export function wholeAnswer(api: Api): object {
  switch (api) {
    case 'chat':
      return {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'served',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }
    case 'messages':
      return {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'served',
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      }
    case 'responses':
      return {
        id: 'resp_1',
        object: 'response',
        created_at: 1,
        status: 'completed',
        model: 'served',
        output: [
          {
            type: 'message',
            id: 'msg_1',
            status: 'completed',
            role: 'assistant',
            content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
          },
        ],
        usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
      }
    default:
      return api satisfies never
  }
}
