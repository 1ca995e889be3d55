import type { Response } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../../../collector/protocol/event.ts'
import type { ClientError, StreamEncoder } from '../../../../collector/protocol/protocol.ts'
import { protocolOf } from '../../../../collector/protocol/index.ts'
import {
  bodyOf,
  bytesOf,
  chatFrame,
  limits,
  parse,
  play,
  responsesBody,
  textOf,
} from '../../../support/play-streams.ts'
import type { Leg } from '../../../support/play-streams.ts'
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
  USAGE,
} from '../../../support/responses-frames.ts'
import type { ResponsesEvent } from '../../../support/responses-frames.ts'
import { StreamServer } from '../../../support/stream-checks.ts'

const server = new StreamServer()
beforeAll(() => server.start())
afterAll(() => server.stop())

/** What openai-node's helper, which checks every id and index, puts together from a stream. */
function finalResponse(body: string): Promise<Response> {
  server.serve(body)
  return server.openai().responses.stream({ model: 'route', input: 'Tell me.' }).finalResponse()
}

const request = parse('responses', {
  ...responsesBody,
  instructions: 'Be brief.',
  max_output_tokens: 50,
  tools: [{ type: 'function', name: 'f', parameters: {}, strict: false }],
  tool_choice: 'auto',
  temperature: 0.5,
  metadata: { team: 'blue' },
})

const failure: ClientError = {
  statusCode: 502,
  type: 'server_error',
  message: 'the stream was cut',
  attempts: [],
}

interface Payload {
  readonly type: string
  readonly sequence_number: number
  readonly response?: Record<string, unknown>
  readonly [key: string]: unknown
}

function payloadsOf(body: string): readonly Payload[] {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)))
}

function lastOf(body: string): Payload {
  const last = payloadsOf(body).at(-1)
  if (last === undefined) throw new Error('no event')
  return last
}

function leg(...events: readonly ResponsesEvent[]): Leg {
  return { api: 'responses', body: responsesFrames([...OPENED, ...events]) }
}

/** Said by a Chat target, which is asked to go on. */
function goOn(...texts: readonly string[]): Leg {
  return { api: 'chat', body: bodyOf('chat', texts) }
}

/** Every event in its turn, each told once. */
function expectInOrder(body: string): void {
  const payloads = payloadsOf(body)
  expect(payloads.map((payload) => payload.sequence_number)).toEqual([...payloads.keys()])
  expect(payloads.filter(({ type }) => type === 'response.created')).toHaveLength(1)
}

describe('a target of the same protocol', () => {
  test('is passed on byte for byte, items of all kinds in turns', async () => {
    const output = [
      { id: 'rs_a', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      messageItem('msg_a', 'Looking it up.'),
      callItem('fc_a', '{"a":1}'),
      callItem('fc_b', '{"b":2}'),
    ]
    const whole = leg(
      ...reasoning('rs_a', 0, 'Hm.'),
      ...messageOpened('msg_a', 1),
      textDelta('msg_a', 1, 'Looking '),
      textDelta('msg_a', 1, 'it up.'),
      ...messageDone('msg_a', 1, 'Looking it up.'),
      callAdded('fc_a', 2),
      callAdded('fc_b', 3),
      callDelta('fc_b', 3, '{"b":2}'),
      callDelta('fc_a', 2, '{"a":1}'),
      ...callDone('fc_b', 3, '{"b":2}'),
      ...callDone('fc_a', 2, '{"a":1}'),
      completed(output),
    )
    const played = play(request, [whole])
    expect(played.text).toBe(whole.body)
    expect(played.stream.delivered).toMatchObject({
      kinds: ['reasoning', 'text', 'tool_call'],
      toolCalls: 2,
    })
    const response = await finalResponse(played.text)
    expect(response.output).toMatchObject(output)
    expect(played.stream.finish(0).closingFrameAdded).toBe(false)
  })
})

describe('behind a seam', () => {
  const begun = [
    ...messageOpened('msg_a', 0),
    textDelta('msg_a', 0, 'One two '),
    textDelta('msg_a', 0, 'three'),
  ]

  test('the same item goes on, and everything that closes it says all of it', async () => {
    const { text } = play(request, [leg(...begun), goOn(' four', ' five.')])
    expectInOrder(text)
    const payloads = payloadsOf(text)
    const whole = 'One two three four five.'
    const said = (type: string): Payload | undefined => payloads.find((one) => one.type === type)
    expect(said('response.output_text.done')).toMatchObject({ item_id: 'msg_a', text: whole })
    expect(said('response.content_part.done')).toMatchObject({ part: { text: whole } })
    expect(said('response.output_item.done')).toMatchObject({
      output_index: 0,
      item: { id: 'msg_a', status: 'completed', content: [{ text: whole, logprobs: [] }] },
    })
    expect(new Set(payloads.flatMap(({ item_id: id }) => id ?? []))).toEqual(new Set(['msg_a']))

    const response = await finalResponse(text)
    expect(response.output_text).toBe(whole)
    expect(response.output).toHaveLength(1)
  })

  test('the envelope stays the first, and says that nobody stores it', () => {
    const { response } = lastOf(play(request, [leg(...begun), goOn(' four.')]).text)
    expect(response).toMatchObject({
      id: RESPONSE.id,
      created_at: RESPONSE.created_at,
      model: RESPONSE.model,
      instructions: RESPONSE.instructions,
      status: 'completed',
      store: false,
      error: null,
    })
  })

  test('the count is that of who ended the answer', () => {
    const chat = goOn(' four.')
    const usage = { prompt_tokens: 30, completion_tokens: 4 }
    const counted = chatFrame({}, null, { choices: [], usage })
    const body = chat.body.replace('data: [DONE]', `${counted}data: [DONE]`)
    const { response } = lastOf(play(request, [leg(...begun), { api: 'chat', body }]).text)
    expect(response?.['usage']).toEqual({
      input_tokens: 30,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 34,
    })
    const uncounted = lastOf(play(request, [leg(...begun), goOn(' four.')]).text)
    expect(uncounted.response?.['usage']).toBeNull()
  })

  test('in a second message the first stays as it was told', async () => {
    const cut = leg(
      ...messageOpened('msg_a', 0),
      textDelta('msg_a', 0, 'Let me see.'),
      ...messageDone('msg_a', 0, 'Let me see.'),
      ...reasoning('rs_a', 1, 'Hm.'),
      ...messageOpened('msg_b', 2),
      textDelta('msg_b', 2, 'It is'),
    )
    const { text } = play(request, [cut, goOn(' seven.')])
    expectInOrder(text)
    const response = await finalResponse(text)
    expect(response.output).toMatchObject([
      messageItem('msg_a', 'Let me see.'),
      { id: 'rs_a', encrypted_content: 'sealed-rs_a' },
      { id: 'msg_b', content: [{ text: 'It is seven.' }] },
    ])
    expect(response.output_text).toBe('Let me see.It is seven.')
  })

  test('a message that was opened and said nothing goes on', async () => {
    const cut = leg(
      ...messageOpened('msg_a', 0),
      textDelta('msg_a', 0, 'One'),
      ...messageDone('msg_a', 0, 'One'),
      ...messageOpened('msg_b', 1).slice(0, 1),
    )
    const response = await finalResponse(play(request, [cut, goOn(' two.')]).text)
    expect(response.output).toMatchObject([{ id: 'msg_a' }, { id: 'msg_b' }])
    expect(response.output_text).toBe('One two.')
  })

  test.each([
    [0, 'with its item open'],
    [1, 'with its text done'],
    [2, 'with its part done'],
    [3, 'with its item done, and no end'],
  ])('after the last delta (%i events later, %s)', async (events) => {
    const closing = messageDone('msg_a', 0, 'One two three').slice(0, events)
    const { text } = play(request, [leg(...begun, ...closing), goOn(' four.')])
    expectInOrder(text)
    const response = await finalResponse(text)
    expect(response.status).toBe('completed')
    expect(response.output_text).toBe('One two three four.')
    expect(response.output).toHaveLength(events === 3 ? 2 : 1)
  })

  test('the end says when the answer was whole, and a failure says no such time', async () => {
    const { text } = play(request, [leg(...begun), goOn(' four.')])
    expect(await finalResponse(text)).toMatchObject({ completed_at: 1_700_000_009 })
    const broken = textOf(play(request, [leg(...begun)]).stream.fail(failure))
    expect(broken).toContain('response.failed')
    expect(broken).not.toContain('1700000009')
  })

  test('an item that nobody will end is closed as incomplete', async () => {
    const cut = leg(...begun, ...reasoning('rs_a', 1, 'Hm').slice(0, 3))
    const { text } = play(request, [cut, goOn(' four.')])
    const response = await finalResponse(text)
    expect(response.output).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'reasoning', status: 'incomplete', summary: [{ text: 'Hm' }] },
      { type: 'message', status: 'completed' },
    ])
    expect(response.output_text).toBe('One two three four.')
  })

  test('a call that the first target had begun is never told as done', () => {
    const cut = leg(...begun, callAdded('fc_a', 1), callDelta('fc_a', 1, '{"a"'))
    const { text } = play(request, [cut, goOn(' four.')])
    expect(text).not.toContain('response.function_call_arguments.done')
  })

  test('a second seam goes on as the first did', async () => {
    const legs = [leg(...begun), { api: 'chat', body: bodyOf('chat', [' four'], true) } as const]
    const last = { ...leg(...messageOpened('m', 0), textDelta('m', 0, ' five.'), completed([])) }
    const { text } = play(request, [...legs, last])
    expectInOrder(text)
    const response = await finalResponse(text)
    expect(response.output_text).toBe('One two three four five.')
    expect(response.id).toBe('resp_a')
    expect(response.usage).toMatchObject({ output_tokens: USAGE.output_tokens })
  })

  test('an end at the limit is told as one', async () => {
    const body = `${chatFrame({ content: ' four' })}${chatFrame({}, 'length')}data: [DONE]\n\n`
    const { text } = play(request, [leg(...begun), { api: 'chat', body }])
    const response = await finalResponse(text)
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ id: 'msg_a', status: 'incomplete' }],
      output_text: 'One two three four',
    })
  })
})

function call(index: number, fields: object): object {
  return { tool_calls: [{ index, type: 'function', ...fields }] }
}

describe('a target of another protocol', () => {
  test('is told as items: reasoning, text, and calls whose arguments come in turns', async () => {
    const body = [
      chatFrame({ role: 'assistant', content: '' }),
      chatFrame({ reasoning_content: 'Hm' }),
      chatFrame({ reasoning_content: ', well.' }),
      chatFrame({ content: 'Looking' }),
      chatFrame({ content: ' it up.' }),
      chatFrame(call(0, { id: 'call_a', function: { name: 'f', arguments: '' } })),
      chatFrame(call(1, { id: 'call_b', function: { name: 'g', arguments: '' } })),
      chatFrame(call(0, { function: { arguments: '{"a"' } })),
      chatFrame(call(1, { function: { arguments: '{"b":2}' } })),
      chatFrame(call(0, { function: { arguments: ':1}' } })),
      chatFrame({}, 'tool_calls'),
      'data: [DONE]\n\n',
    ].join('')
    const { text } = play(request, [{ api: 'chat', body }])
    expectInOrder(text)
    const response = await finalResponse(text)
    expect(response.output).toMatchObject([
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm, well.' }] },
      { type: 'message', role: 'assistant', content: [{ text: 'Looking it up.' }] },
      { type: 'function_call', call_id: 'call_a', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'call_b', name: 'g', arguments: '{"b":2}' },
    ])
    expect(response.output.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^rs_secondwind_/),
      expect.stringMatching(/^msg_/),
      expect.stringMatching(/^fc_/),
      expect.stringMatching(/^fc_/),
    ])
  })

  test('is told in an envelope that repeats the client’s request', async () => {
    const { text } = play(request, [{ api: 'chat', body: bodyOf('chat', ['Hi']) }])
    const response = await finalResponse(text)
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      model: 'served',
      instructions: 'Be brief.',
      max_output_tokens: 50,
      temperature: 0.5,
      tools: [{ name: 'f' }],
      tool_choice: 'auto',
      metadata: { team: 'blue' },
      previous_response_id: null,
      store: false,
    })
  })

  test('that refuses is told as a refusal, behind its text', async () => {
    const body = [
      chatFrame({ content: 'I see.' }),
      chatFrame({ refusal: 'But no.' }),
      chatFrame({}, 'stop'),
      'data: [DONE]\n\n',
    ].join('')
    const response = await finalResponse(play(request, [{ api: 'chat', body }]).text)
    expect(response.output).toMatchObject([
      { content: [{ text: 'I see.' }, { type: 'refusal', refusal: 'But no.' }] },
    ])
  })

  test('whose call has no arguments gives an empty object', async () => {
    const body = [
      chatFrame(call(0, { id: 'call_a', function: { name: 'f' } })),
      chatFrame({}, 'tool_calls'),
      'data: [DONE]\n\n',
    ].join('')
    const response = await finalResponse(play(request, [{ api: 'chat', body }]).text)
    expect(response.output).toMatchObject([{ type: 'function_call', arguments: '{}' }])
  })

  test('whose call was cut off by the limit never says that the call is done', async () => {
    const body = [
      chatFrame(call(0, { id: 'call_a', function: { name: 'f', arguments: '{"a":' } })),
      chatFrame({}, 'length'),
      'data: [DONE]\n\n',
    ].join('')
    const { text } = play(request, [{ api: 'chat', body }])
    expect(text).not.toContain('response.function_call_arguments.done')
    expect(text).not.toContain('response.output_item.done')
    const response = await finalResponse(text)
    expect(response.output).toMatchObject([{ status: 'incomplete', arguments: '{"a":' }])
  })

  test('whose id is longer than OpenAI takes back gets one that it takes', async () => {
    const id = `chatcmpl-tool-${'0'.repeat(64)}`
    const body = [
      chatFrame(call(0, { id, function: { name: 'f', arguments: '{}' } })),
      chatFrame({}, 'tool_calls'),
      'data: [DONE]\n\n',
    ].join('')
    const response = await finalResponse(play(request, [{ api: 'chat', body }]).text)
    const called = { type: 'function_call', call_id: expect.stringMatching(/^call_\w{24}$/) }
    expect(response.output).toMatchObject([called])
  })

  test('that uses an id twice gets two', async () => {
    const body = [
      chatFrame(call(0, { id: 'call_a', function: { name: 'f', arguments: '{}' } })),
      chatFrame(call(1, { id: 'call_a', function: { name: 'f', arguments: '{}' } })),
      chatFrame({}, 'tool_calls'),
      'data: [DONE]\n\n',
    ].join('')
    const response = await finalResponse(play(request, [{ api: 'chat', body }]).text)
    const ids = response.output.flatMap((item) => ('call_id' in item ? [item.call_id] : []))
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a failure', () => {
  test.each<[string, readonly Leg[], readonly object[]]>([
    ['before anything was told', [], []],
    [
      'in the text of the same protocol',
      [leg(...messageOpened('msg_a', 0), textDelta('msg_a', 0, 'One'))],
      [{ id: 'msg_a', status: 'incomplete', content: [{ text: 'One' }] }],
    ],
    [
      'in a tool call, another of which is done',
      [
        leg(
          callAdded('fc_a', 0),
          callDelta('fc_a', 0, '{}'),
          ...callDone('fc_a', 0, '{}'),
          callAdded('fc_b', 1),
          callDelta('fc_b', 1, '{"b"'),
        ),
      ],
      [
        { id: 'fc_a', status: 'completed', arguments: '{}' },
        { id: 'fc_b', status: 'incomplete', arguments: '{"b"' },
      ],
    ],
    [
      'in the text of another protocol',
      [{ api: 'chat', body: bodyOf('chat', ['One', ' two'], true) }],
      [{ type: 'message', status: 'incomplete', content: [{ text: 'One two' }] }],
    ],
  ])('%s is told by the lifecycle and by an error, both raised', async (_name, legs, output) => {
    const played = play(request, legs)
    const text = played.text + textOf(played.stream.fail(failure))
    expectInOrder(text)
    const [failed, error] = payloadsOf(text).slice(-2)
    expect(failed).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'server_error', message: 'the stream was cut' },
        output,
      },
    })
    expect(error).toMatchObject({
      type: 'error',
      message: 'the stream was cut',
      code: 'upstream_stream_failed',
      param: null,
      error: { message: 'the stream was cut', type: 'server_error' },
    })
    await expect(finalResponse(text)).rejects.toThrow('the stream was cut')
  })

  test('of an attempt that told nothing leaves no trace of its envelope', async () => {
    const played = play(request, [leg(...messageOpened('msg_a', 0))])
    expect(played.text).toBe('')
    const text = textOf(played.stream.fail(failure))
    expect(payloadsOf(text)[0]?.response?.['id']).not.toBe(RESPONSE.id)
    await expect(finalResponse(text)).rejects.toThrow('the stream was cut')
  })
})

function createEncoder(): StreamEncoder {
  return protocolOf('responses').createEncoder({
    request,
    createdSeconds: 1,
    nowSeconds: () => 9,
    createId: (prefix) => `${prefix}1`,
  })
}

function textOfLength(chars: number): StreamEvent {
  return { kind: 'text', text: 'x'.repeat(chars) }
}

describe('what is kept of an answer is bounded', () => {
  test('more than an end can repeat is refused before it is said', () => {
    const writer = createEncoder()
    expect(writer.exceeds?.([textOfLength(3 * 1024 * 1024)])).toBeUndefined()
    writer.encode([textOfLength(3 * 1024 * 1024)])
    expect(writer.exceeds?.([textOfLength(2 * 1024 * 1024)])).toContain('over 4194304 characters')
  })

  test('nothing goes on from a passed answer that was not kept whole', () => {
    const writer = createEncoder()
    const decoder = protocolOf('responses').createDecoder(limits)
    const events = [
      ...OPENED,
      ...messageOpened('msg_a', 0),
      ...Array.from({ length: 5 }, () => textDelta('msg_a', 0, 'x'.repeat(500_000))),
      ...Array.from({ length: 5 }, () => textDelta('msg_a', 0, 'x'.repeat(500_000))),
    ]
    for (const frame of decoder.push(bytesOf(responsesFrames(events)))) writer.pass(frame)
    writer.continueWith()
    expect(writer.exceeds?.([textOfLength(1)])).toContain('over 4194304 characters')
    expect(lastOf(textOf(writer.failure(failure)))).toMatchObject({ type: 'error' })
  })

  test('what stands at no index is not kept', () => {
    const { text: passed, stream } = play(request, [
      leg(
        { type: 'response.output_item.added', output_index: -1, item: messageItem('a', 'x') },
        { type: 'response.output_item.added', output_index: 1e12, item: messageItem('b', 'y') },
        { type: 'response.output_item.added', item: messageItem('c', 'z') },
        { type: 'response.output_text.delta', output_index: 0.5, delta: 'w' },
      ),
    ])
    const failed = payloadsOf(passed + textOf(stream.fail(failure))).at(-2)
    expect(failed?.response?.['output']).toEqual([])
  })
})

test('a request that is repeated twice before any content is held, however long', () => {
  const instructions = 'Be brief. '.repeat(150_000)
  const long = parse('responses', { ...responsesBody, instructions })
  const response = { ...RESPONSE, instructions }
  const body = responsesFrames([
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    ...messageOpened('msg_a', 0),
    textDelta('msg_a', 0, 'Hi'),
    ...messageDone('msg_a', 0, 'Hi'),
    completed([messageItem('msg_a', 'Hi')], { instructions }),
  ])
  expect(play(long, [{ api: 'responses', body }])).toMatchObject({ text: body })
})
