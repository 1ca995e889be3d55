import { describe, expect, test } from 'vitest'
import { protocolOf } from '../../../collector/protocol/index.ts'
import type {
  AnswerResult,
  ClientError,
  EncodedAnswer,
} from '../../../collector/protocol/protocol.ts'
import { bytesOf, clientBodies, parse, textOf } from '../../support/play-streams.ts'

type Served = 'chat' | 'messages'

function decode(api: Served, body: unknown): AnswerResult {
  return protocolOf(api).decodeAnswer(
    bytesOf(typeof body === 'string' ? body : JSON.stringify(body)),
  )
}

function say(client: Served, from: Served, body: unknown): EncodedAnswer {
  const result = decode(from, body)
  if (result.kind !== 'answer') throw new Error(result.kind)
  return protocolOf(client).encodeAnswer(result.answer, {
    request: parse(client, clientBodies[client]),
    createdSeconds: 7,
    nowSeconds: () => 9,
    createId: (prefix) => `${prefix}1`,
  })
}

function read(encoded: EncodedAnswer): unknown {
  return encoded.kind === 'encoded' ? JSON.parse(textOf(encoded.bytes)) : encoded
}

const chatAnswer = {
  id: 'chatcmpl-9',
  model: 'gpt',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Hi',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      finish_reason: 'tool_calls',
    },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
}

const messagesAnswer = {
  id: 'msg_9',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 's' },
    { type: 'text', text: 'Hi' },
    { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 8, cache_read_input_tokens: 4, output_tokens: 3 },
}

describe('answers in one piece', () => {
  test('a Chat answer is said to an Anthropic client', () => {
    expect(read(say('messages', 'chat', chatAnswer))).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'gpt',
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 8, cache_read_input_tokens: 4, output_tokens: 3 },
    })
  })

  test('a Messages answer is said to a Chat client', () => {
    expect(read(say('chat', 'messages', messagesAnswer))).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 7,
      model: 'claude',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hi',
            refusal: null,
            reasoning_content: 'hm',
            tool_calls: [
              { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 12,
        completion_tokens: 3,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      },
    })
  })

  test('broken tool arguments are never made whole', () => {
    const broken = structuredClone(chatAnswer)
    const [choice] = broken.choices
    if (choice?.message.tool_calls[0]) choice.message.tool_calls[0].function.arguments = '{"a":'
    expect(say('messages', 'chat', broken)).toMatchObject({ kind: 'not-translatable' })
  })

  test('a stop without a word there is not said', () => {
    expect(say('chat', 'messages', { ...messagesAnswer, stop_reason: 'pause_turn' })).toEqual({
      kind: 'not-translatable',
      detail: 'the target stopped with "pause_turn", which chat has no word for',
    })
  })

  test.each<[Served, unknown, AnswerResult['kind']]>([
    ['chat', '<html>', 'malformed'],
    ['chat', '[]', 'malformed'],
    ['chat', { choices: [] }, 'malformed'],
    ['chat', { error: { message: 'x' } }, 'error'],
    ['chat', { object: 'error', message: 'x' }, 'error'],
    ['chat', { choices: [{ finish_reason: 'error', message: {} }] }, 'error'],
    ['messages', '{"content":', 'malformed'],
    ['messages', {}, 'malformed'],
    ['messages', { type: 'error', error: { type: 'api_error', message: 'x' } }, 'error'],
  ])('an answer of %s that is none: %j is %s', (api, body, kind) => {
    expect(decode(api, body).kind).toBe(kind)
  })
})

describe('errors to the client', () => {
  const error: ClientError = {
    statusCode: 503,
    type: 'server_error',
    code: 'server_is_overloaded',
    message: 'busy',
    requestId: 'trace-1',
    attempts: [
      {
        number: 1,
        deployment: 'a/1',
        reason: 'overloaded',
        phase: 'before_headers',
        statusCode: 503,
        message: 'busy',
      },
      {
        number: 2,
        deployment: 'b/1',
        reason: 'connection',
        phase: 'before_headers',
        message: 'ECONNREFUSED',
      },
    ],
  }
  const attempts = [
    {
      number: 1,
      deployment: 'a/1',
      reason: 'overloaded',
      phase: 'before_headers',
      status_code: 503,
      message: 'busy',
    },
    {
      number: 2,
      deployment: 'b/1',
      reason: 'connection',
      phase: 'before_headers',
      message: 'ECONNREFUSED',
    },
  ]

  test('are said as OpenAI says them, with every attempt', () => {
    expect(JSON.parse(textOf(protocolOf('chat').encodeError(error)))).toEqual({
      error: {
        message: 'busy',
        type: 'server_error',
        param: null,
        code: 'server_is_overloaded',
        attempts,
      },
    })
  })

  test("are said as Anthropic says them, in Anthropic's own types", () => {
    expect(JSON.parse(textOf(protocolOf('messages').encodeError(error)))).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'busy', attempts },
      request_id: 'trace-1',
    })
  })

  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [502, 'api_error'],
    [529, 'overloaded_error'],
  ])('a status %i without an Anthropic type is a %s', (statusCode, type) => {
    const body = protocolOf('messages').encodeError({ ...error, statusCode, type: 'other' })
    expect(JSON.parse(textOf(body))).toMatchObject({ error: { type } })
  })
})

test('a shape counts and names, and says no content', () => {
  const request = parse('chat', {
    model: 'route',
    messages: [
      { role: 'user', content: 'canary' },
      { role: 'canary', content: 'canary' },
    ],
    tools: [{ type: 'function', function: { name: 'canary' } }],
    tool_choice: { type: 'function', function: { name: 'canary' } },
    response_format: { type: 'canary' },
    max_tokens: 9,
  })
  const shape = protocolOf('chat').shapeOf(request)
  expect(shape).toEqual({
    messages: 2,
    lastRole: 'other',
    prefill: false,
    bytes: expect.any(Number),
    tools: 1,
    toolChoice: 'named',
    maxTokens: 9,
  })
})
