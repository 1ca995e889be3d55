import { own } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/** What a Response repeats of its request, with what it says where the request says nothing. */
const ECHOED: readonly (readonly [string, JsonValue])[] = [
  ['instructions', null],
  ['max_output_tokens', null],
  ['max_tool_calls', null],
  ['metadata', {}],
  ['parallel_tool_calls', true],
  ['previous_response_id', null],
  ['prompt_cache_key', null],
  ['reasoning', null],
  ['safety_identifier', null],
  // What a target of another protocol took for its default is not known.
  ['temperature', null],
  ['text', { format: { type: 'text' } }],
  ['tool_choice', 'auto'],
  ['tools', []],
  ['top_p', null],
  ['truncation', 'disabled'],
  ['user', null],
]

export interface ResponseHead {
  readonly id: string
  readonly createdSeconds: number
  readonly model: string
}

/**
 * The Response object that we open ourselves, without its output. Nobody stores it: `store` says
 * so, for an id that the provider does not know ends the client's next turn with a 404.
 */
export function openResponse(request: JsonObject, head: ResponseHead): JsonObject {
  return {
    id: head.id,
    object: 'response',
    created_at: head.createdSeconds,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    model: head.model,
    output: [],
    usage: null,
    ...Object.fromEntries(ECHOED.map(([key, absent]) => [key, own(request, key) ?? absent])),
    store: false,
  }
}
