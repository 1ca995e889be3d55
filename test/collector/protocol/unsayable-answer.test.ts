import { describe, expect, test } from 'vitest'
import { protocolOf } from '../../../collector/protocol/index.ts'
import type { DecodedAnswer, EncodedAnswer } from '../../../collector/protocol/protocol.ts'
import type { Api } from '../../../collector/vocabulary.ts'
import { bytesOf, parse, textOf } from '../../support/play-streams.ts'

/**
 * Whole answers in all nine combinations: said in another protocol an answer must be the same
 * answer, and what cannot be said must be a failure that falls back, never an answer of ours.
 */

const APIS: readonly Api[] = ['chat', 'responses', 'messages']
const pairs = APIS.flatMap((from) => APIS.map((to) => [from, to] as const))
const foreign = pairs.filter(([from, to]) => from !== to)

const requests: Readonly<Record<Api, object>> = {
  chat: { model: 'route', messages: [{ role: 'user', content: 'Hi' }] },
  responses: { model: 'route', input: 'Hi' },
  messages: { model: 'route', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 9 },
}

function decode(api: Api, body: object): DecodedAnswer {
  const result = protocolOf(api).decodeAnswer(bytesOf(JSON.stringify(body)))
  if (result.kind !== 'answer') throw new Error(`${api}: ${result.kind}`)
  return result.answer
}

function encode(api: Api, answer: DecodedAnswer): EncodedAnswer {
  let ids = 0
  return protocolOf(api).encodeAnswer(answer, {
    request: parse(api, requests[api]),
    createdSeconds: 7,
    nowSeconds: () => 9,
    createId: (prefix) => `${prefix}${(ids += 1)}`,
  })
}

/** Said to a client of `to`, and read by it. */
function told(from: Api, to: Api, body: object): DecodedAnswer {
  const encoded = encode(to, decode(from, body))
  if (encoded.kind !== 'encoded') throw new Error(encoded.detail)
  return decode(to, JSON.parse(textOf(encoded.bytes)))
}

/** Answers of one meaning, as each provider writes them. */
interface Meaning {
  readonly parts: DecodedAnswer['parts']
  readonly stop: DecodedAnswer['stop']['stop']
  readonly bodies: Readonly<Record<Api, object>>
}

const chat = (message: object, finish: string): object => ({
  id: 'chatcmpl-9',
  model: 'served',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  usage: {
    prompt_tokens: 12,
    completion_tokens: 5,
    prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
    completion_tokens_details: { reasoning_tokens: 1 },
  },
})
const messages = (content: readonly object[], stop: string): object => ({
  id: 'msg_9',
  type: 'message',
  role: 'assistant',
  model: 'served',
  content,
  stop_reason: stop,
  usage: {
    input_tokens: 6,
    cache_read_input_tokens: 4,
    cache_creation_input_tokens: 2,
    output_tokens: 5,
    output_tokens_details: { thinking_tokens: 1 },
  },
})
const responses = (output: readonly object[], fields: object = {}): object => ({
  id: 'resp_9',
  object: 'response',
  model: 'served',
  status: 'completed',
  output,
  usage: {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 17,
  },
  ...fields,
})
const output = (...content: readonly object[]): object => ({
  id: 'msg_8',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content,
})
const usage = {
  inputTokens: 12,
  outputTokens: 5,
  cachedInputTokens: 4,
  cacheWriteTokens: 2,
  reasoningTokens: 1,
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  'a text': {
    parts: [{ kind: 'text', text: 'Hi' }],
    stop: 'end',
    bodies: {
      chat: chat({ content: 'Hi' }, 'stop'),
      messages: messages([{ type: 'text', text: 'Hi' }], 'end_turn'),
      responses: responses([output({ type: 'output_text', text: 'Hi', annotations: [] })]),
    },
  },
  'a text and two calls': {
    parts: [
      { kind: 'text', text: 'Hi' },
      { kind: 'tool-call', id: 'c1', name: 'f', json: '{"a":1}' },
      { kind: 'tool-call', id: 'c2', name: 'g', json: '{}' },
    ],
    stop: 'tool-calls',
    bodies: {
      chat: chat(
        {
          content: 'Hi',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } },
          ],
        },
        'tool_calls',
      ),
      messages: messages(
        [
          { type: 'text', text: 'Hi' },
          { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: 'c2', name: 'g', input: {} },
        ],
        'tool_use',
      ),
      responses: responses([
        output({ type: 'output_text', text: 'Hi', annotations: [] }),
        { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call', id: 'fc_2', call_id: 'c2', name: 'g', arguments: '{}' },
      ]),
    },
  },
  'a text that was cut at its limit': {
    parts: [{ kind: 'text', text: 'Hi' }],
    stop: 'length',
    bodies: {
      chat: chat({ content: 'Hi' }, 'length'),
      messages: messages([{ type: 'text', text: 'Hi' }], 'max_tokens'),
      responses: responses([output({ type: 'output_text', text: 'Hi', annotations: [] })], {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
      }),
    },
  },
  'a text that was filtered': {
    parts: [{ kind: 'text', text: 'Hi' }],
    stop: 'filtered',
    bodies: {
      chat: chat({ content: 'Hi' }, 'content_filter'),
      messages: messages([{ type: 'text', text: 'Hi' }], 'refusal'),
      responses: responses([output({ type: 'output_text', text: 'Hi', annotations: [] })], {
        status: 'incomplete',
        incomplete_details: { reason: 'content_filter' },
      }),
    },
  },
}

describe.each(Object.entries(MEANINGS))('%s', (_, { parts, stop, bodies }) => {
  test.each(APIS)('is read from %s', (api) => {
    const answer = decode(api, bodies[api])
    expect(answer).toMatchObject({ model: 'served', parts, stop: { stop }, usage })
  })

  test.each(foreign)('of %s is the same to a %s client', (from, to) => {
    const answer = told(from, to, bodies[from])
    expect(answer).toMatchObject({ model: 'served', parts, stop: { stop }, usage })
    // Never another provider's id: nothing of that id could be asked of the client's own.
    expect(answer.id).not.toBe(decode(from, bodies[from]).id)
  })
})

describe('a refusal', () => {
  test('is said in each protocol’s own way', () => {
    const refusing = chat({ content: null, refusal: 'No.' }, 'stop')
    const said = [{ kind: 'refusal', text: 'No.' }]
    expect(told('chat', 'responses', refusing).parts).toEqual(said)
    // Anthropic has words and a stop reason for it, and no block.
    expect(told('chat', 'messages', refusing)).toMatchObject({
      parts: [{ kind: 'text', text: 'No.' }],
      stop: { native: 'refusal' },
    })
    const response = responses([output({ type: 'refusal', refusal: 'No.' })])
    const encoded = encode('chat', decode('responses', response))
    expect(encoded.kind === 'encoded' && JSON.parse(textOf(encoded.bytes))).toMatchObject({
      choices: [{ message: { content: null, refusal: 'No.' } }],
    })
  })
})

describe('a call in the words before `tool_calls`', () => {
  const legacy = chat({ content: null, function_call: { name: 'f', arguments: '{"a":1}' } }, 'stop')

  test.each(['responses', 'messages'] as const)('is a call to a %s client, with an id', (to) => {
    const [call] = told('chat', to, legacy).parts
    expect(call).toMatchObject({ kind: 'tool-call', name: 'f', json: '{"a":1}' })
    expect(call).not.toMatchObject({ id: '' })
  })
})

const custom = { id: 'c1', type: 'custom', custom: { name: 'f', input: 'free' } }

test.each<[Api, string, object]>([
  ['chat', 'custom', chat({ content: null, tool_calls: [custom] }, 'tool_calls')],
  ['chat', 'audio', chat({ content: null, audio: { id: 'a' } }, 'stop')],
  ['chat', 'image_url', chat({ content: [{ type: 'image_url', image_url: {} }] }, 'stop')],
  ['messages', 'server_tool_use', messages([{ type: 'server_tool_use', id: 's' }], 'end_turn')],
  [
    'responses',
    'custom_tool_call',
    responses([{ type: 'custom_tool_call', call_id: 'c', name: 'f', input: 'free' }]),
  ],
  ['responses', 'web_search_call', responses([{ type: 'web_search_call', id: 'w' }])],
])('of %s, "%s" is not left out of an answer that is said elsewhere', (from, type, body) => {
  for (const to of APIS.filter((api) => api !== from)) {
    expect(encode(to, decode(from, body))).toEqual({
      kind: 'not-translatable',
      detail: `it holds "${type}", which ${to} has no word for`,
    })
  }
})

test.each(foreign.filter(([, to]) => to === 'messages'))(
  'arguments of %s that are cut are no input of a %s client',
  (from, to) => {
    const [, call] = MEANINGS['a text and two calls']?.parts ?? []
    const body = JSON.stringify(MEANINGS['a text and two calls']?.bodies[from])
    const cut = JSON.parse(body.replace(String.raw`{\"a\":1}`, String.raw`{\"a\":`))
    expect(call).toBeDefined()
    expect(encode(to, decode(from, cut))).toMatchObject({ kind: 'not-translatable' })
  },
)

test('a stop that has no word elsewhere is not said there', () => {
  const paused = messages([{ type: 'text', text: 'Hi' }], 'pause_turn')
  for (const to of ['chat', 'responses'] as const) {
    expect(encode(to, decode('messages', paused))).toMatchObject({ kind: 'not-translatable' })
  }
})

test('an answer that does not say why it ended is unfinished, in every protocol', () => {
  const unended: Readonly<Record<Api, object>> = {
    chat: { choices: [{ message: { content: 'Hi' }, finish_reason: null }] },
    messages: { content: [{ type: 'text', text: 'Hi' }], stop_reason: null },
    responses: { status: 'in_progress', output: [] },
  }
  for (const api of APIS) {
    const result = protocolOf(api).decodeAnswer(bytesOf(JSON.stringify(unended[api])))
    expect([api, result.kind]).toEqual([api, 'unfinished'])
  }
})
