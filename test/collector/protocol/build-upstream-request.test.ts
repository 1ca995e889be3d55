import { describe, expect, test } from 'vitest'
import { buildUpstreamRequest } from '../../../collector/protocol/build-upstream-request.ts'
import { continueInstruction } from '../../../collector/protocol/continue-body.ts'
import type {
  Continuation,
  UpstreamRequest,
  UpstreamRequestInput,
} from '../../../collector/protocol/protocol.ts'
import type { Api } from '../../../collector/vocabulary.ts'
import { parse, parseText, textOf } from '../../support/play-streams.ts'

type Served = Exclude<Api, 'responses'>

function build(
  client: Served,
  body: object,
  fields: Partial<UpstreamRequestInput> & { readonly targetApi: Api },
): UpstreamRequest {
  return buildUpstreamRequest({
    request: parse(client, { model: 'route', messages: [user], ...body }),
    model: 'target-model',
    continuation: { strategy: 'restart' },
    ...fields,
  })
}

const user = { role: 'user', content: 'Tell me.' }

function bodyOf(built: UpstreamRequest): Record<string, unknown> {
  if (built.kind !== 'built') throw new Error(`${built.field}: ${built.detail}`)
  return JSON.parse(textOf(built.body))
}

function toMessages(body: object, fields: Partial<UpstreamRequestInput> = {}): UpstreamRequest {
  return build('chat', body, { targetApi: 'messages', ...fields })
}

function toChat(body: object, fields: Partial<UpstreamRequestInput> = {}): UpstreamRequest {
  return build('messages', { max_tokens: 50, ...body }, { targetApi: 'chat', ...fields })
}

describe('a target of the same protocol', () => {
  test('gets the request unchanged but for the model', () => {
    const body = { messages: [user], temperature: 0.7, logit_bias: { 50256: -100 }, seed: 7 }
    const built = build('chat', body, { targetApi: 'chat' })
    expect(built).toMatchObject({ changed: false, dropped: [], messagesAdded: 0 })
    expect(bodyOf(built)).toEqual({ model: 'target-model', ...body })
  })

  test('is always asked for usage where it streams, and only there', () => {
    const stream = { stream: true, stream_options: { include_obfuscation: false } }
    expect(bodyOf(build('chat', stream, { targetApi: 'chat' }))).toMatchObject({
      stream_options: { include_obfuscation: false, include_usage: true },
    })
    const messages = build('messages', { stream: true, max_tokens: 5 }, { targetApi: 'messages' })
    expect(bodyOf(messages)).not.toHaveProperty('stream_options')
  })

  test('does not get what was meant for the router', () => {
    const body = {
      disable_fallbacks: true,
      disable_mid_stream_continuation: true,
      fallbacks: ['other'],
      num_retries: 3,
      mock_testing_fallbacks: true,
      metadata: { team: 'a' },
    }
    expect(bodyOf(build('chat', body, { targetApi: 'chat' }))).toEqual({
      model: 'target-model',
      messages: [user],
      metadata: { team: 'a' },
    })
  })

  test('keeps keys that are dangerous elsewhere as plain data', () => {
    const messages = JSON.stringify([user])
    const body = `{"model":"route","messages":${messages},"__proto__":{"polluted":true}}`
    const built = buildUpstreamRequest({
      request: parseText('chat', body),
      targetApi: 'chat',
      model: 'm',
      continuation: { strategy: 'restart' },
    })
    expect(built.kind === 'built' && textOf(built.body)).toContain('"__proto__":{"polluted":true}')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('a Chat request to an Anthropic target', () => {
  test('says everything that both have a word for', () => {
    const built = toMessages({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        user,
      ],
      stream: true,
      max_completion_tokens: 50,
      stop: 'END',
      temperature: 0.5,
      top_p: 0.9,
      user: 'u1',
    })
    expect(bodyOf(built)).toEqual({
      model: 'target-model',
      max_tokens: 50,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.' },
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Tell me.' }] }],
      stream: true,
      stop_sequences: ['END'],
      temperature: 0.5,
      top_p: 0.9,
      metadata: { user_id: 'u1' },
    })
    expect(built).toMatchObject({ changed: true, dropped: [] })
  })

  test('demands a limit where the client gave none', () => {
    expect(bodyOf(toMessages({}))).toMatchObject({ max_tokens: 4096 })
  })

  test('translates a conversation with tools, results first in the user turn that follows', () => {
    const built = toMessages({
      messages: [
        user,
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 'c2', type: 'function', function: { name: 'g', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'one' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'two' }] },
        { role: 'user', content: 'And now?' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' } },
        },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
    })
    expect(bodyOf(built)).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } },
            { type: 'tool_use', id: 'c2', name: 'g', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'one' }] },
            { type: 'tool_result', tool_use_id: 'c2', content: [{ type: 'text', text: 'two' }] },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
      tools: [{ name: 'f', description: 'd', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    })
  })

  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
  ])('translates tool_choice %j', (choice, translated) => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    expect(bodyOf(toMessages({ tools, tool_choice: choice }))).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      tool_choice: translated,
    })
  })

  test('translates pictures, PDFs and cache marks', () => {
    const content = [
      { type: 'text', text: 'Look', cache_control: { type: 'ephemeral' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
      { type: 'text', text: '' },
    ]
    expect(bodyOf(toMessages({ messages: [{ role: 'user', content }] }))['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look', cache_control: { type: 'ephemeral' } },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
            title: 'a.pdf',
          },
        ],
      },
    ])
  })

  test('says a schema, and refuses JSON without one', () => {
    const schema = { type: 'object', properties: {} }
    const format = { type: 'json_schema', json_schema: { name: 'n', schema } }
    expect(bodyOf(toMessages({ response_format: format }))).toMatchObject({
      output_config: { format: { type: 'json_schema', schema } },
    })
    expect(toMessages({ response_format: { type: 'json_object' } })).toMatchObject({
      kind: 'not-translatable',
      field: 'response_format',
    })
    expect(bodyOf(toMessages({ response_format: { type: 'text' } }))).not.toHaveProperty(
      'output_config',
    )
  })

  test.each<[string, object]>([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 3 }],
    ['logit_bias', { logit_bias: { 1: 2 } }],
    ['audio', { audio: { voice: 'a' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['prediction', { prediction: { type: 'content', content: 'x' } }],
    ['web_search_options', { web_search_options: { search_context_size: 'low' } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['stop', { stop: ['\n'] }],
    ['tools[0]', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    [
      'tool_choice',
      { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: { type: 'custom' } },
    ],
    [
      'messages[0].content[0].input_audio',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
    ],
    [
      'messages[0].content[0].file',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
    ],
    [
      'messages[0].content[0].image_url.url',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }],
          },
        ],
      },
    ],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'hologram' }] }] },
    ],
    ['messages[0].role', { messages: [{ role: 'wizard', content: 'x' }] }],
    [
      'messages[0].function_call',
      { messages: [{ role: 'assistant', function_call: { name: 'f' } }] },
    ],
    ['messages[0].audio', { messages: [{ role: 'assistant', audio: { id: 'a' } }] }],
    [
      'messages[0].tool_calls[0].function.arguments',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [
              { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":' } },
            ],
          },
        ],
      },
    ],
    [
      'messages[0].tool_calls[0]',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: {} }] }] },
    ],
  ])('refuses by name what cannot be said: %s', (field, body) => {
    expect(toMessages(body)).toMatchObject({
      kind: 'not-translatable',
      field,
      detail: expect.stringMatching(/\w+ \w+/),
    })
  })

  test('fields that say nothing are not refused', () => {
    const nothing = {
      n: 1,
      logprobs: false,
      top_logprobs: 0,
      logit_bias: {},
      audio: null,
      functions: [],
    }
    expect(toMessages(nothing)).toMatchObject({ kind: 'built', dropped: [] })
  })

  test('lists what it drops', () => {
    const built = toMessages({
      seed: 7,
      frequency_penalty: 0.5,
      presence_penalty: 0,
      reasoning_effort: 'high',
      store: true,
      made_up: 1,
      temperature: 1.5,
      tools: [{ type: 'function', function: { name: 'f', strict: true } }],
    })
    expect(built).toMatchObject({
      dropped: [
        'made_up',
        'frequency_penalty',
        'seed',
        'store',
        'temperature',
        'tools.strict',
        'reasoning_effort',
      ],
    })
    expect(bodyOf(built)).toMatchObject({ temperature: 1 })
  })

  test('leaves sampling out where the model rejects it', () => {
    const built = toMessages({ temperature: 0.5, top_p: 0.5 }, { acceptsSampling: false })
    expect(built).toMatchObject({ dropped: ['temperature', 'top_p'] })
    expect(bodyOf(built)).not.toHaveProperty('temperature')
  })
})

describe('a Messages request to a Chat target', () => {
  test('says everything that both have a word for', () => {
    const built = toChat({
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              is_error: true,
              content: [
                { type: 'text', text: 'no' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } },
              ],
            },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
      stream: true,
      stop_sequences: ['END'],
      temperature: 0.5,
      tools: [{ name: 'f', description: 'd', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      metadata: { user_id: 'u1' },
    })
    expect(bodyOf(built)).toEqual({
      model: 'target-model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        user,
        {
          role: 'assistant',
          content: 'Let me see.',
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: 'Error: no' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 50,
      stop: ['END'],
      temperature: 0.5,
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' } },
        },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
      user: 'u1',
    })
    expect(built).toMatchObject({ changed: true, dropped: ['messages.thinking'] })
  })

  test('says a schema and lists what it drops', () => {
    const schema = { type: 'object' }
    const built = toChat({
      output_config: { format: { type: 'json_schema', schema }, effort: 'high' },
      top_k: 5,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    })
    expect(built).toMatchObject({ dropped: ['top_k', 'thinking', 'output_config.effort'] })
    expect(bodyOf(built)).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { schema, strict: true } },
    })
  })

  test.each<[string, object]>([
    ['messages', { messages: [user, { role: 'assistant', content: 'Dear ' }] }],
    ['container', { container: 'c1' }],
    ['mcp_servers', { mcp_servers: [{ url: 'x' }] }],
    ['tools[0]', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['stop_sequences', { stop_sequences: ['1', '2', '3', '4', '5'] }],
    ['system', { system: [{ type: 'image' }] }],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    [
      'messages[0].content[0].source',
      {
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] },
        ],
      },
    ],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'search_result' }] }] },
    ],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'assistant', content: [{ type: 'server_tool_use' }] }] },
    ],
  ])('refuses by name what cannot be said: %s', (field, body) => {
    expect(toChat(body)).toMatchObject({ kind: 'not-translatable', field })
  })
})

describe.each([
  ['chat', 'chat'],
  ['chat', 'messages'],
  ['messages', 'chat'],
  ['messages', 'messages'],
] as const)('a continuation, %s to %s', (client, targetApi) => {
  const partial = 'Half an answer '
  const continued = (
    continuation: Continuation,
    fields: Partial<UpstreamRequestInput> = {},
  ): UpstreamRequest =>
    build(client, { max_tokens: 50 }, { targetApi, continuation, maxTokensLeft: 40, ...fields })

  test('by user turn: the whole partial, then a turn that names the anchor', () => {
    const built = continued({ strategy: 'user_turn', partial, anchor: 'Half an answer' })
    const body = bodyOf(built)
    expect(body['messages']).toEqual([
      expect.objectContaining({ role: 'user' }),
      { role: 'assistant', content: partial },
      { role: 'user', content: continueInstruction('Half an answer') },
    ])
    expect(built).toMatchObject({
      messagesAdded: 2,
      changed: true,
      shape: { messages: 3, lastRole: 'user', prefill: false, maxTokens: 40 },
    })
  })

  test('by prefill: without trailing white space, as the last message', () => {
    const built = continued({ strategy: 'prefill', partial })
    expect(bodyOf(built)['messages']).toEqual([
      expect.objectContaining({ role: 'user' }),
      { role: 'assistant', content: 'Half an answer' },
    ])
    expect(built).toMatchObject({
      messagesAdded: 1,
      changed: true,
      shape: { lastRole: 'assistant', prefill: true },
    })
  })

  test("by prefill with the provider's own flags", () => {
    const message = continued(
      { strategy: 'prefill', partial },
      { prefillFlags: { message: { prefix: true } } },
    )
    expect(bodyOf(message)['messages']).toContainEqual({
      role: 'assistant',
      content: 'Half an answer',
      prefix: true,
    })
    const body = continued(
      { strategy: 'prefill', partial },
      { prefillFlags: { body: { continue_final_message: true } } },
    )
    expect(bodyOf(body)).toMatchObject({ continue_final_message: true })
  })
})

test.each([
  ['chat', 'chat'],
  ['chat', 'messages'],
  ['messages', 'messages'],
] as const)(
  "a continuation goes on from the client's own prefill, %s to %s",
  (client, targetApi) => {
    const built = build(
      client,
      { max_tokens: 50, messages: [user, { role: 'assistant', content: 'Dear ' }] },
      { targetApi, continuation: { strategy: 'prefill', partial: 'reader, ' } },
    )
    const { messages } = bodyOf(built) as { messages: readonly { content: unknown }[] }
    expect(JSON.stringify(messages.at(-1)?.content)).toContain('Dear reader,')
    expect(built).toMatchObject({ messagesAdded: 0 })
  },
)

test('a prefill does without thinking, which forbids it', () => {
  const built = build(
    'messages',
    { max_tokens: 50, thinking: { type: 'enabled' } },
    { targetApi: 'messages', continuation: { strategy: 'prefill', partial: 'Half' } },
  )
  expect(bodyOf(built)).not.toHaveProperty('thinking')
  expect(built).toMatchObject({ dropped: ['thinking'] })
})

test('no limit is made up where the client gave none', () => {
  const continuation = { strategy: 'user_turn', partial: 'Half', anchor: 'Half' } as const
  const built = build('chat', {}, { targetApi: 'chat', continuation, maxTokensLeft: 3 })
  expect(bodyOf(built)).not.toHaveProperty('max_tokens')
})
