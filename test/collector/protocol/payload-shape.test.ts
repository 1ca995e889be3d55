import { expect, test } from 'vitest'
import type { JsonObject } from '../../../collector/protocol/json.ts'
import { payloadShape } from '../../../collector/protocol/payload-shape.ts'

const none = { messages: 0, lastRole: 'none', prefill: false, bytes: 9, tools: 0 }

test.each<[string, JsonObject, object]>([
  ['nothing', {}, {}],
  [
    'messages',
    { messages: [{ role: 'system' }, { role: 'user' }] },
    { messages: 2, lastRole: 'user' },
  ],
  [
    'a prefill',
    { messages: [{ role: 'assistant' }] },
    { messages: 1, lastRole: 'assistant', prefill: true },
  ],
  [
    'a role that is none',
    { messages: [{ role: 'my secret' }] },
    { messages: 1, lastRole: 'other' },
  ],
  ['a text as input', { input: 'my secret' }, { messages: 1, lastRole: 'user' }],
  [
    'input items',
    { input: [{ role: 'user' }, { type: 'function_call' }, { type: 'function_call_output' }] },
    { messages: 3, lastRole: 'tool' },
  ],
  [
    'a call without its result, which is no prefill',
    { input: [{ type: 'function_call' }] },
    { messages: 1, lastRole: 'assistant' },
  ],
  [
    'an output message, which is one',
    { input: [{ type: 'message', role: 'assistant' }] },
    { messages: 1, lastRole: 'assistant', prefill: true },
  ],
  [
    'the words of Chat',
    {
      tools: [{}],
      tool_choice: 'auto',
      response_format: { type: 'json_object' },
      max_completion_tokens: 5,
    },
    { tools: 1, toolChoice: 'auto', responseFormat: 'json_object', maxTokens: 5 },
  ],
  [
    'the words of Responses',
    {
      tool_choice: { type: 'function', name: 'my secret' },
      text: { format: { type: 'json_schema' } },
      max_output_tokens: 5,
    },
    { toolChoice: 'named', responseFormat: 'json_schema', maxTokens: 5 },
  ],
  [
    'the words of Messages',
    {
      tool_choice: { type: 'any' },
      output_config: { format: { type: 'json_schema' } },
      max_tokens: 5,
    },
    { toolChoice: 'required', responseFormat: 'json_schema', maxTokens: 5 },
  ],
])('counts and names of a body with %s, and nothing that it says', (_, body, shape) => {
  expect(payloadShape(body, 9)).toEqual({ ...none, ...shape })
})
