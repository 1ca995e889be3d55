import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../../../collector/protocol/event.ts'
import { createMessagesDecoder } from '../../../../collector/protocol/messages/messages-decoder.ts'
import {
  bytesOf,
  limits,
  messagesFrame,
  messagesStream,
  textOf,
} from '../../../support/play-streams.ts'

function decode(body: string): readonly StreamEvent[] {
  const decoder = createMessagesDecoder(limits)
  return [...decoder.push(bytesOf(body)), ...decoder.end()].flatMap((frame) => frame.events)
}

const start = messagesFrame({
  type: 'message_start',
  message: { id: 'msg_a', model: 'claude', usage: {} },
})

function events(body: string): readonly StreamEvent[] {
  return decode(start + body).filter(
    ({ kind }) => kind !== 'start' && kind !== 'usage' && kind !== 'prelude',
  )
}

function usage(fields: object): string {
  return messagesFrame({ type: 'message_delta', delta: { stop_reason: null }, usage: fields })
}

function block(index: number, content_block: object): string {
  return messagesFrame({ type: 'content_block_start', index, content_block })
}

function input(index: number, partial_json: string): string {
  const delta = { type: 'input_json_delta', partial_json }
  return messagesFrame({ type: 'content_block_delta', index, delta })
}

describe('createMessagesDecoder', () => {
  test('reads a whole stream', () => {
    expect(decode(messagesStream(['Hi', ' you'])).filter(({ kind }) => kind !== 'prelude')).toEqual(
      [
        { kind: 'start', id: 'msg_a', model: 'claude-served' },
        { kind: 'usage', usage: { inputTokens: 12, outputTokens: 1, cachedInputTokens: 2 } },
        { kind: 'text', text: 'Hi' },
        { kind: 'text', text: ' you' },
        { kind: 'usage', usage: { inputTokens: 12, outputTokens: 7, cachedInputTokens: 2 } },
        { kind: 'terminal', native: 'end_turn', stop: 'end' },
        { kind: 'closing' },
      ],
    )
  })

  test('reads the event from the data where the event line is missing, and gives it one', () => {
    const decoder = createMessagesDecoder(limits)
    const body = messagesStream(['Hi']).replaceAll(/event: .*\n/g, '')
    const frames = decoder.push(bytesOf(body))
    expect(frames.flatMap((frame) => frame.events)).toEqual(decode(messagesStream(['Hi'])))
    for (const frame of frames) expect(textOf(frame.raw)).toMatch(/^event: \w+\ndata: \{.*\}\n\n$/)
  })

  test('adds cached tokens to the input and lets later counts replace earlier ones', () => {
    const counts = decode(
      start +
        usage({ input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 5 }) +
        usage({ output_tokens: 3 }) +
        usage({
          input_tokens: 20,
          output_tokens: 4,
          output_tokens_details: { thinking_tokens: 2 },
        }),
    ).filter((event) => event.kind === 'usage')
    expect(counts.at(-1)).toEqual({
      kind: 'usage',
      usage: {
        inputTokens: 125,
        outputTokens: 4,
        cachedInputTokens: 100,
        cacheWriteTokens: 5,
        reasoningTokens: 2,
      },
    })
  })

  test('counts tool calls from 0, whatever the block', () => {
    expect(
      events(
        block(0, { type: 'text', text: '' }) +
          block(1, { type: 'tool_use', id: 't1', name: 'f', input: {} }) +
          input(1, '') +
          input(1, '{"a"') +
          block(2, { type: 'tool_use', id: 't2', name: 'g', input: { whole: true } }),
      ),
    ).toEqual([
      { kind: 'tool-call', index: 0, id: 't1', name: 'f' },
      { kind: 'tool-arguments', index: 0, json: '{"a"' },
      { kind: 'tool-call', index: 1, id: 't2', name: 'g' },
      { kind: 'tool-arguments', index: 1, json: '{"whole":true}' },
    ])
  })

  test.each([
    [
      'named',
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    ],
    [
      'without its name',
      'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    ],
    [
      'of another kind of server',
      'data: {"error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    ],
  ])('reads an error event, %s', (_, body) => {
    const error = { type: 'overloaded_error', message: 'Overloaded' }
    expect(events(body)).toEqual([{ kind: 'error', error }])
  })

  test.each([
    ['broken JSON', 'event: ping\ndata: {"type":\n\n'],
    ['a second message_start', start],
    ['an event without a type', 'data: {"x":1}\n\n'],
    ['a block without its content', messagesFrame({ type: 'content_block_start', index: 0 })],
    ['a delta without its content', messagesFrame({ type: 'content_block_delta', index: 0 })],
  ])('reads %s as malformed', (_, body) => {
    expect(events(body)).toEqual([expect.objectContaining({ kind: 'malformed' })])
  })

  test('reads content before message_start as malformed', () => {
    const delta = { type: 'text_delta', text: 'a' }
    const body = messagesFrame({ type: 'content_block_delta', index: 0, delta })
    expect(decode(body)).toEqual([expect.objectContaining({ kind: 'malformed' })])
  })

  test('takes unknown events, blocks and deltas for content, pings and signatures not', () => {
    const signature = { type: 'signature_delta', signature: 'abc' }
    const citation = { type: 'citations_delta', citation: {} }
    expect(
      events(
        messagesFrame({ type: 'ping' }) +
          messagesFrame({ type: 'content_block_delta', index: 0, delta: signature }) +
          messagesFrame({ type: 'content_block_delta', index: 0, delta: citation }) +
          messagesFrame({
            type: 'content_block_start',
            index: 1,
            content_block: { type: 'server_tool_use' },
          }) +
          messagesFrame({ type: 'brand_new' }),
      ),
    ).toEqual([
      { kind: 'other', type: 'citations_delta' },
      { kind: 'other', type: 'server_tool_use' },
      { kind: 'other', type: 'brand_new' },
    ])
  })

  test.each([
    ['end_turn', 'end'],
    ['stop_sequence', 'end'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool-calls'],
    ['refusal', 'filtered'],
    ['pause_turn', 'paused'],
    ['something_new', 'other'],
  ])('reads stop_reason %s as %s', (native, stop) => {
    const body = messagesFrame({ type: 'message_delta', delta: { stop_reason: native } })
    expect(events(body)).toEqual([{ kind: 'terminal', native, stop }])
  })
})
