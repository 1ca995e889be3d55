import { describe, expect, test } from 'vitest'
import type { DecodedAnswer } from '../../../../collector/protocol/protocol.ts'
import {
  decodeResponsesAnswer,
  encodeResponsesAnswer,
} from '../../../../collector/protocol/responses/responses-answer.ts'
import { bytesOf, parse, responsesBody, textOf } from '../../../support/play-streams.ts'
import { callItem, messageItem, RESPONSE, USAGE } from '../../../support/responses-frames.ts'

function decode(body: unknown) {
  return decodeResponsesAnswer(bytesOf(typeof body === 'string' ? body : JSON.stringify(body)))
}

function encode(answer: Partial<DecodedAnswer>) {
  let ids = 0
  const encoded = encodeResponsesAnswer(
    { id: 'x', model: 'served', parts: [], stop: { native: 'stop', stop: 'end' }, ...answer },
    {
      request: parse('responses', { ...responsesBody, instructions: 'Be brief.' }),
      createdSeconds: 7,
      nowSeconds: () => 9,
      createId: (prefix) => `${prefix}${(ids += 1)}`,
    },
  )
  return encoded.kind === 'encoded' ? JSON.parse(textOf(encoded.bytes)) : encoded
}

const whole = {
  ...RESPONSE,
  status: 'completed',
  output: [
    {
      id: 'rs_1',
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'Hm.' }],
      content: [{ type: 'reasoning_text', text: 'Well.' }],
    },
    messageItem('msg_1', 'Hi'),
    callItem('fc_1', '{"a":1}'),
    { id: 'ws_1', type: 'web_search_call', status: 'completed' },
  ],
  usage: USAGE,
}

test('an answer is read whole', () => {
  expect(decode(whole)).toEqual({
    kind: 'answer',
    answer: {
      id: 'resp_a',
      model: 'served',
      parts: [
        { kind: 'reasoning', text: 'Hm.' },
        { kind: 'reasoning', text: 'Well.' },
        { kind: 'text', text: 'Hi' },
        { kind: 'tool-call', id: 'call_fc_1', name: 'look_up_fc_1', json: '{"a":1}' },
        { kind: 'other', type: 'web_search_call' },
      ],
      stop: { native: 'completed', stop: 'tool-calls' },
      usage: {
        inputTokens: 10,
        outputTokens: 7,
        cachedInputTokens: 2,
        cacheWriteTokens: 0,
        reasoningTokens: 3,
      },
    },
  })
})

describe('how it ended', () => {
  const said = { output: [messageItem('msg_1', 'Hi')] }

  test.each<[string, object, object]>([
    ['whole', { status: 'completed' }, { native: 'completed', stop: 'end' }],
    [
      'at its limit',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      { native: 'max_output_tokens', stop: 'length' },
    ],
    [
      'at a filter',
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      { native: 'content_filter', stop: 'filtered' },
    ],
    ['for no reason', { status: 'incomplete' }, { native: 'incomplete', stop: 'other' }],
  ])('%s', (_name, fields, stop) => {
    expect(decode({ ...RESPONSE, ...said, ...fields })).toMatchObject({ answer: { stop } })
  })

  test.each(['in_progress', 'queued', 'toString', undefined])('not at all: %s', (status) => {
    expect(decode({ ...RESPONSE, ...said, status })).toEqual({ kind: 'unfinished' })
  })

  test.each<[string, object, object]>([
    [
      'with an error inside a 200',
      { status: 'failed', error: { code: 'server_error', message: 'Oh no.' } },
      { message: 'Oh no.', code: 'server_error' },
    ],
    [
      'without a word',
      { status: 'failed', error: null },
      { message: 'the response ended as failed' },
    ],
    ['cancelled', { status: 'cancelled' }, { message: 'the response ended as cancelled' }],
    ['with an error and no status', { error: { message: 'Busy.' } }, { message: 'Busy.' }],
  ])('failed: %s', (_name, fields, error) => {
    expect(decode({ ...RESPONSE, ...said, ...fields })).toMatchObject({ kind: 'error', error })
  })

  test.each(['<html>', '[]', '{"status":"completed"}', '{"status":"completed","output":{}}'])(
    'nowhere, for it is no answer: %s',
    (body) => {
      expect(decode(body).kind).toBe('malformed')
    },
  )
})

describe('an answer of another protocol', () => {
  test('is said as a Response that nobody stores', () => {
    const answer = encode({
      parts: [
        { kind: 'reasoning', text: 'Hm.' },
        { kind: 'text', text: 'I see.' },
        { kind: 'refusal', text: 'But no.' },
        { kind: 'tool-call', id: 'call_a', name: 'f', json: '{"a":1}' },
        { kind: 'tool-call', id: '', name: 'g', json: '' },
      ],
      stop: { native: 'tool_calls', stop: 'tool-calls' },
      usage: { inputTokens: 12, outputTokens: 3 },
    })
    expect(answer).toMatchObject({
      id: 'resp_1',
      object: 'response',
      created_at: 7,
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: 'served',
      instructions: 'Be brief.',
      store: false,
      usage: { input_tokens: 12, output_tokens: 3, total_tokens: 15 },
    })
    expect(answer.output).toEqual([
      {
        id: 'rs_secondwind_2',
        type: 'reasoning',
        status: 'completed',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'Hm.' }],
      },
      {
        id: 'msg_3',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'I see.', annotations: [], logprobs: [] },
          { type: 'refusal', refusal: 'But no.' },
        ],
      },
      {
        id: 'fc_4',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_a',
        name: 'f',
        arguments: '{"a":1}',
      },
      {
        id: 'fc_5',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_6',
        name: 'g',
        arguments: '{}',
      },
    ])
  })

  test('that ended at its limit says so', () => {
    const stop = { native: 'max_tokens', stop: 'length' } as const
    expect(encode({ parts: [{ kind: 'text', text: 'Hi' }], stop })).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
      usage: null,
    })
  })

  test('that wants to be sent back is not said', () => {
    expect(encode({ stop: { native: 'pause_turn', stop: 'paused' } })).toEqual({
      kind: 'not-translatable',
      detail: 'the target stopped with "pause_turn", which responses has no word for',
    })
  })
})
