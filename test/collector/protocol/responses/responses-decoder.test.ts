import { describe, expect, test } from 'vitest'
import type { DecodedFrame, StreamEvent } from '../../../../collector/protocol/event.ts'
import { createResponsesDecoder } from '../../../../collector/protocol/responses/responses-decoder.ts'
import { bytesOf, limits, textOf } from '../../../support/play-streams.ts'
import {
  callAdded,
  callDelta,
  callDone,
  callItem,
  completed,
  messageDone,
  messageItem,
  messageOpened,
  OPENED,
  reasoning,
  RESPONSE,
  responsesFrames,
  textDelta,
  textPart,
  USAGE,
} from '../../../support/responses-frames.ts'
import type { ResponsesEvent } from '../../../support/responses-frames.ts'

function decode(body: string, split: readonly number[] = []): readonly DecodedFrame[] {
  const decoder = createResponsesDecoder(limits)
  const bytes = bytesOf(body)
  const cuts = [0, ...split, bytes.length]
  const pieces = cuts.slice(1).map((cut, index) => bytes.slice(cuts[index], cut))
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()]
}

function eventsOf(body: string): readonly StreamEvent[] {
  return decode(body).flatMap((frame) => frame.events)
}

/** What these events mean behind the two that open a stream. */
function read(...events: readonly ResponsesEvent[]): readonly StreamEvent[] {
  return eventsOf(responsesFrames([...OPENED, ...events])).filter(
    ({ kind }) => kind !== 'start' && kind !== 'prelude',
  )
}

const answer: readonly ResponsesEvent[] = [
  ...OPENED,
  ...reasoning('rs_1', 0, 'Let me think.'),
  ...messageOpened('msg_1', 1),
  textDelta('msg_1', 1, 'Looking — '),
  textDelta('msg_1', 1, 'it up 世界.'),
  ...messageDone('msg_1', 1, 'Looking — it up 世界.'),
  callAdded('fc_1', 2),
  callAdded('fc_2', 3),
  callDelta('fc_1', 2, '{"a"'),
  callDelta('fc_2', 3, '{"b":'),
  callDelta('fc_1', 2, ':1}'),
  callDelta('fc_2', 3, '2}'),
  ...callDone('fc_1', 2, '{"a":1}'),
  ...callDone('fc_2', 3, '{"b":2}'),
  completed([messageItem('msg_1', 'Looking — it up 世界.'), callItem('fc_1', '{"a":1}')]),
]

const meaning: readonly StreamEvent[] = [
  { kind: 'start', id: 'resp_a', model: 'served' },
  { kind: 'reasoning', text: 'Let me think.' },
  { kind: 'text', text: 'Looking — ' },
  { kind: 'text', text: 'it up 世界.' },
  { kind: 'tool-call', index: 0, id: 'call_fc_1', name: 'look_up_fc_1' },
  { kind: 'tool-call', index: 1, id: 'call_fc_2', name: 'look_up_fc_2' },
  { kind: 'tool-arguments', index: 0, json: '{"a"' },
  { kind: 'tool-arguments', index: 1, json: '{"b":' },
  { kind: 'tool-arguments', index: 0, json: ':1}' },
  { kind: 'tool-arguments', index: 1, json: '2}' },
  {
    kind: 'usage',
    usage: {
      inputTokens: 10,
      outputTokens: 7,
      cachedInputTokens: 2,
      cacheWriteTokens: 0,
      reasoningTokens: 3,
    },
  },
  { kind: 'terminal', native: 'completed', stop: 'tool-calls' },
  { kind: 'closing' },
]

describe('a whole stream', () => {
  test('is read event by event, with calls counted from 0', () => {
    expect(eventsOf(responsesFrames(answer)).filter(({ kind }) => kind !== 'prelude')).toEqual(
      meaning,
    )
  })

  test('means the same wherever its bytes are cut', () => {
    const body = responsesFrames(answer)
    const length = bytesOf(body).length
    const whole = decode(body)
    // All of the boundaries at once come below.
    for (let at = 1; at < length; at += 7) {
      expect(decode(body, [at]).flatMap((frame) => frame.events)).toEqual(
        whole.flatMap((frame) => frame.events),
      )
    }
    expect(decode(body, [...bytesOf(body).keys()].slice(1))).toEqual(whole)
    expect(whole.map((frame) => textOf(frame.raw)).join('')).toBe(body)
  })

  test('means the same in data lines alone, with CRLF, and with a [DONE] behind it', () => {
    const body = responsesFrames(answer)
    const events = eventsOf(body)
    expect(eventsOf(body.replaceAll(/event: .*\n/g, ''))).toEqual(events)
    expect(eventsOf(body.replaceAll('\n', '\r\n'))).toEqual(events)
    expect(eventsOf(`${body}data: [DONE]\n\n`)).toEqual([...events, { kind: 'closing' }])
  })
})

describe('content', () => {
  test.each<[string, ResponsesEvent, StreamEvent]>([
    ['text', textDelta('m', 0, 'Hi'), { kind: 'text', text: 'Hi' }],
    [
      'a refusal',
      { type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'No.' },
      { kind: 'refusal', text: 'No.' },
    ],
    [
      'reasoning',
      { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'Hm' },
      { kind: 'reasoning', text: 'Hm' },
    ],
    [
      'a second summary, behind a break',
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 1 },
      { kind: 'reasoning', text: '\n\n' },
    ],
    [
      'a citation',
      { type: 'response.output_text.annotation.added', output_index: 0, annotation: {} },
      { kind: 'other', type: 'response.output_text.annotation.added' },
    ],
    [
      'a hosted search',
      { type: 'response.output_item.added', output_index: 0, item: { type: 'web_search_call' } },
      { kind: 'other', type: 'web_search_call' },
    ],
    [
      'an MCP call',
      { type: 'response.mcp_call_arguments.delta', output_index: 0, delta: '{' },
      { kind: 'other', type: 'response.mcp_call_arguments.delta' },
    ],
    [
      'audio',
      { type: 'response.audio.delta', delta: 'AAAA' },
      { kind: 'other', type: 'response.audio.delta' },
    ],
    [
      'what nobody here knows',
      { type: 'response.telepathy.delta' },
      { kind: 'other', type: 'response.telepathy.delta' },
    ],
  ])('%s', (_name, event, expected) => {
    expect(read(event)).toEqual([expected])
  })

  test('a custom tool is a call whose input is no JSON', () => {
    const item = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'patch' }
    expect(
      read(
        { type: 'response.output_item.added', output_index: 0, item: { ...item, input: '' } },
        { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: '*** Begin' },
        { type: 'response.custom_tool_call_input.done', output_index: 0, input: '*** Begin' },
      ),
    ).toEqual([
      { kind: 'tool-call', index: 0, id: 'call_1', name: 'patch' },
      { kind: 'tool-arguments', index: 0, json: '*** Begin' },
    ])
  })

  test('shows nothing in empty deltas, keep-alives and what only opens or closes', () => {
    const closed = messageDone('m', 0, 'Hi').slice(0, 2)
    expect(
      read(
        { type: 'keepalive' },
        { type: 'response.queued', response: RESPONSE },
        ...messageOpened('m', 0),
        textDelta('m', 0, ''),
        textDelta('m', 0, 'Hi'),
        ...closed,
      ),
    ).toEqual([{ kind: 'text', text: 'Hi' }])
  })

  test('that came only whole is read once: in a done, or in the terminal itself', () => {
    const end = [{ kind: 'terminal', native: 'completed', stop: 'tool-calls' }, { kind: 'closing' }]
    const said = [
      { kind: 'text', text: 'Hi' },
      { kind: 'tool-call', index: 0, id: 'call_fc', name: 'look_up_fc' },
      { kind: 'tool-arguments', index: 0, json: '{}' },
    ]
    const output = [messageItem('m', 'Hi'), callItem('fc', '{}')]
    const whole = output.map((item, output_index) => ({
      type: 'response.output_item.done',
      output_index,
      item,
    }))
    const last = completed(output, { usage: null })
    expect(read(...whole, last)).toEqual([...said, ...end])
    expect(read(last)).toEqual([...said, ...end])
    expect(
      read(
        ...messageOpened('m', 0),
        ...messageDone('m', 0, 'Hi'),
        callAdded('fc', 1),
        ...callDone('fc', 1, '{}'),
        last,
      ),
    ).toEqual([...said, ...end])
  })

  test('belongs to its index, whatever ids a gateway gives it', () => {
    expect(
      read(callAdded('fc_1', 0), callDelta('other', 0, '{'), callDelta('again', 0, '}')),
    ).toMatchObject([{ kind: 'tool-call' }, { index: 0, json: '{' }, { index: 0, json: '}' }])
  })
})

function incomplete(reason: string | null): ResponsesEvent {
  const details = reason === null ? null : { reason }
  const response = { ...RESPONSE, status: 'incomplete', incomplete_details: details }
  return { type: 'response.incomplete', response }
}

describe('an end', () => {
  test.each([
    ['max_output_tokens', 'max_output_tokens', 'length'],
    ['content_filter', 'content_filter', 'filtered'],
    ['something_new', 'something_new', 'other'],
    [null, 'incomplete', 'other'],
  ])('incomplete for %s', (reason, native, stop) => {
    expect(read(incomplete(reason))).toEqual([
      { kind: 'terminal', native, stop },
      { kind: 'closing' },
    ])
  })

  test('is never made of what is none', () => {
    const done = [...messageOpened('m', 0), textDelta('m', 0, 'Hi'), ...messageDone('m', 0, 'Hi')]
    const kinds = read(...done).map(({ kind }) => kind)
    expect(kinds).toEqual(['text'])
    expect(
      eventsOf(`${responsesFrames([...OPENED, ...done])}data: [DONE]\n\n`).filter(
        ({ kind }) => kind === 'terminal',
      ),
    ).toEqual([])
  })

  test('that says in its body that it failed is a failure', () => {
    const error = { code: 'server_error', message: 'Oh no.' }
    expect(read(completed([], { status: 'failed', error }))).toEqual([
      { kind: 'error', error: { message: 'Oh no.', code: 'server_error' } },
    ])
    expect(read(completed([], { status: 'in_progress' }))).toMatchObject([{ kind: 'malformed' }])
  })
})

describe('an error', () => {
  const fields = { code: 'rate_limit_exceeded', message: 'Slow down.', param: null }

  test.each<[string, string]>([
    ['flat', `event: error\ndata: ${JSON.stringify({ type: 'error', ...fields })}\n\n`],
    ['flat, without its event line', `data: ${JSON.stringify({ type: 'error', ...fields })}\n\n`],
    ['nested', `data: ${JSON.stringify({ type: 'error', error: fields })}\n\n`],
    ['as Chat has it', `data: ${JSON.stringify({ error: fields })}\n\n`],
    [
      'as a failed response',
      `data: ${JSON.stringify({
        type: 'response.failed',
        response: { ...RESPONSE, status: 'failed', error: fields },
      })}\n\n`,
    ],
  ])('%s', (_name, frame) => {
    expect(eventsOf(responsesFrames(OPENED) + frame).at(-1)).toEqual({
      kind: 'error',
      error: { message: 'Slow down.', code: 'rate_limit_exceeded' },
    })
  })

  test('without words is one too', () => {
    expect(read({ type: 'response.failed', response: { status: 'failed', error: null } })).toEqual([
      { kind: 'error', error: { message: 'the response ended as failed', type: 'failed' } },
    ])
    expect(read({ type: 'response.cancelled' })).toMatchObject([{ kind: 'error' }])
  })
})

describe('what is lost is a failure', () => {
  test.each<[string, ResponsesEvent]>([
    ['a delta without its text', { type: 'response.output_text.delta', output_index: 0 }],
    ['a delta of another type', { type: 'response.output_text.delta', delta: { text: 'Hi' } }],
    ['arguments of no call', callDelta('fc', 4, '{')],
    ['arguments of another type', { type: 'response.function_call_arguments.delta', delta: {} }],
    ['an item event without its item', { type: 'response.output_item.added', item: null }],
    ['a part event without its part', { type: 'response.content_part.added', part: [] }],
    ['a second envelope', { type: 'response.created', response: { ...RESPONSE, id: 'resp_b' } }],
    ['an envelope without a response', { type: 'response.completed' }],
  ])('%s', (_name, event) => {
    expect(read(event)).toMatchObject([{ kind: 'malformed' }])
  })

  test('content, or an end, before response.created', () => {
    expect(eventsOf(responsesFrames([textDelta('m', 0, 'Hi')]))).toMatchObject([
      { kind: 'malformed', detail: 'response.output_text.delta before response.created' },
    ])
    expect(eventsOf(responsesFrames([completed([])]))).toMatchObject([{ kind: 'malformed' }])
    expect(eventsOf('data: {"sequence_number":0}\n\n')).toMatchObject([{ kind: 'malformed' }])
  })

  test('items without end', () => {
    const many = Array.from({ length: 10_002 }, (_, index) => callAdded(`fc_${index}`, index))
    expect(read(...many).at(-1)).toMatchObject({ kind: 'malformed' })
  })
})

test('indexes and keys of a stranger are data: nothing is reached by them', () => {
  const place = { output_index: 1e300, content_index: -1 }
  const text = { type: 'response.output_text.delta', ...place, delta: 'Hi' }
  const poisoned = '{"type":"response.output_item.added","__proto__":{"item":{"type":"message"}}}'
  const named = JSON.stringify({
    type: 'response.output_item.done',
    item: { type: '__proto__', content: [textPart('x')] },
  })
  const frames = [poisoned, named].map((data) => `data: ${data}\n\n`).join('')

  expect(read(text)).toEqual([{ kind: 'text', text: 'Hi' }])
  expect(eventsOf(responsesFrames(OPENED) + frames).slice(-2)).toEqual([
    { kind: 'malformed', detail: 'output_item.added without an item' },
    { kind: 'other', type: '__proto__' },
  ])
  expect(read({ type: 'constructor' })).toEqual([{ kind: 'other', type: 'constructor' }])
  expect(
    read({ ...completed([]), response: { ...RESPONSE, status: 'toString', usage: USAGE } }),
  ).toMatchObject([{ kind: 'malformed' }])
})
