import { describe, expect, test } from 'vitest'
import { parseChatRequest } from '../../../../collector/protocol/chat/parse-chat-request.ts'
import type { RequestFeatures } from '../../../../collector/protocol/protocol.ts'
import { bytesOf, chatBody, parse, textOf } from '../../../support/play-streams.ts'

function features(body: object): RequestFeatures {
  return parse('chat', { ...chatBody, ...body }).features
}

const plain: RequestFeatures = {
  tools: 0,
  n: 1,
  logprobs: false,
  audio: false,
  hostedTools: false,
  stateful: false,
  thinking: false,
  includeUsage: false,
  stopSequences: [],
}

describe('parseChatRequest', () => {
  test('reads route, stream and options, and takes the options out of the body', () => {
    const request = parse('chat', {
      ...chatBody,
      disable_fallbacks: true,
      disable_mid_stream_continuation: true,
      fallbacks: ['b'],
      user: 'u',
    })
    const { source, ...read } = request
    expect(textOf(source.bytes)).toBe(JSON.stringify(source.json))
    expect(source.json).toMatchObject({ disable_fallbacks: true, user: 'u' })
    expect(read).toEqual({
      api: 'chat',
      route: 'route',
      stream: true,
      body: { ...chatBody, user: 'u' },
      features: plain,
      options: { disableFallbacks: true, disableContinuation: true, fallbacks: ['b'] },
    })
  })

  test.each<[string, string, string | undefined]>([
    ['', 'The request body cannot be read: it is empty.', undefined],
    ['{"model":', 'The request body cannot be read: it ends too early.', undefined],
    ['[]', 'The request body must be a JSON object.', undefined],
    ['{}', '`model` must name a route of this router, as a string.', 'model'],
    ['{"model":7}', '`model` must name a route of this router, as a string.', 'model'],
    ['{"model":"m"}', '`messages` must be a list with at least one message.', 'messages'],
    [
      '{"model":"m","messages":[]}',
      '`messages` must be a list with at least one message.',
      'messages',
    ],
    ['{"model":"m","messages":[7]}', '`messages[0]` must be an object.', 'messages[0]'],
    ['{"model":"m","messages":[{}]}', '`messages[0].role` must be a string.', 'messages[0].role'],
    [
      '{"model":"m","messages":[{"role":"user"}],"stream":1}',
      '`stream` must be true or false.',
      'stream',
    ],
    [
      '{"model":"m","messages":[{"role":"user"}],"stream_options":1}',
      '`stream_options` must be an object.',
      'stream_options',
    ],
    [
      '{"model":"m","messages":[{"role":"user"}],"n":0}',
      '`n` must be an integer from 1 to 128.',
      'n',
    ],
    [
      '{"model":"m","messages":[{"role":"user"}],"n":1e9}',
      '`n` must be an integer from 1 to 128.',
      'n',
    ],
    [
      '{"model":"m","messages":[{"role":"user"}],"disable_fallbacks":"yes"}',
      '`disable_fallbacks` must be true or false.',
      'disable_fallbacks',
    ],
  ])('refuses %s', (body, message, param) => {
    expect(parseChatRequest(bytesOf(body))).toEqual({
      kind: 'invalid',
      message,
      ...(param === undefined ? {} : { param }),
    })
  })

  test.each<[string, object, Partial<RequestFeatures>]>([
    [
      'tools',
      { tools: [{ type: 'function', function: {} }], tool_choice: 'auto' },
      { tools: 1, toolChoice: 'auto' },
    ],
    [
      'a named tool',
      { tool_choice: { type: 'function', function: { name: 'f' } } },
      { toolChoice: 'named' },
    ],
    ['required tools', { tool_choice: 'required' }, { toolChoice: 'required' }],
    [
      'allowed tools',
      { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required' } } },
      { toolChoice: 'required' },
    ],
    ['hosted tools', { tools: [{ type: 'web_search' }] }, { tools: 1, hostedTools: true }],
    ['web search', { web_search_options: {} }, { hostedTools: true }],
    ['a schema', { response_format: { type: 'json_schema' } }, { responseFormat: 'json_schema' }],
    ['plain text', { response_format: { type: 'text' } }, {}],
    ['choices', { n: 3 }, { n: 3 }],
    ['logprobs', { logprobs: true }, { logprobs: true }],
    ['audio', { modalities: ['text', 'audio'] }, { audio: true }],
    [
      'audio in',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      { audio: true },
    ],
    [
      'files at the provider',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
      { stateful: true },
    ],
    ['reasoning', { reasoning_effort: 'low' }, { thinking: true }],
    ['no reasoning', { reasoning_effort: 'none' }, {}],
    ['thinking for Anthropic', { thinking: { type: 'enabled' } }, { thinking: true }],
    ['usage', { stream_options: { include_usage: true } }, { includeUsage: true }],
    ['a limit', { max_tokens: 5 }, { maxTokens: 5 }],
    ['the newer limit', { max_tokens: 5, max_completion_tokens: 7 }, { maxTokens: 7 }],
    ['one stop sequence', { stop: 'a' }, { stopSequences: ['a'] }],
    ['stop sequences', { stop: ['a', '', 'b'] }, { stopSequences: ['a', 'b'] }],
  ])('notes what limits the request: %s', (_, body, expected) => {
    expect(features(body)).toEqual({ ...plain, ...expected })
  })
})
