import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anchorOf } from '../../../collector/continuation/anchor.ts'
import { chooseStrategy } from '../../../collector/continuation/choose-strategy.ts'
import type { ClientError, ClientRequest } from '../../../collector/protocol/protocol.ts'
import {
  bodyOf,
  bytesOf,
  chatBody,
  chatFrame,
  chatStream,
  clientBodies,
  limits,
  messagesBody,
  messagesFrame,
  messagesPrelude,
  messagesStream,
  messagesText,
  parse,
  play,
  responsesStream,
  streamOf,
  textOf,
} from '../../support/play-streams.ts'
import type { Leg, Played } from '../../support/play-streams.ts'
import {
  readChatHelper,
  readChatRaw,
  readMessagesHelper,
  readMessagesRaw,
  readResponsesHelper,
  readResponsesRaw,
  StreamServer,
} from '../../support/stream-checks.ts'
import type { Read } from '../../support/stream-checks.ts'
import { protocolOf } from '../../../collector/protocol/index.ts'

import type { Api } from '../../../collector/vocabulary.ts'

const server = new StreamServer()
beforeAll(() => server.start())
afterAll(() => server.stop())

const readers = {
  chat: [readChatRaw, readChatHelper],
  messages: [readMessagesRaw, readMessagesHelper],
  responses: [readResponsesRaw, readResponsesHelper],
} as const

/** What the official SDK of this protocol makes of a stream: raw iteration, then its helper. */
async function read(client: Api, body: string): Promise<readonly [Read, Read]> {
  const [raw, helper] = readers[client]
  return [await raw(server, body), await helper(server, body)]
}

const words = Array.from({ length: 60 }, (_, index) => ` word${index}`)
const full = words.join('')
const first = words.slice(0, 40)
const rest = words.slice(40)
const delivered = first.join('')
const anchor = anchorOf(delivered)

const failure: ClientError = {
  statusCode: 502,
  type: 'server_error',
  message: 'the stream was cut',
  attempts: [],
}

/** Plays, then fails as the run loop does when nobody is left. */
function playToFailure(client: Api, legs: readonly Leg[]): Played {
  const played = play(parse(client, clientBodies[client]), legs)
  return { ...played, text: played.text + textOf(played.stream.fail(failure)) }
}

const APIS = ['chat', 'messages', 'responses'] as const

/** A client, who served it first, and who went on. */
const pairs = APIS.flatMap((client) =>
  APIS.flatMap((from) => APIS.map((to) => ({ client, from, to }))),
)

const answers = {
  'from the anchor': [anchor, ...rest],
  'without the anchor': rest,
  'starting over': words,
  'starting over in other words': [full.slice(0, 60), ' and then quite another thing'],
} as const

/** Each pair is cut at other places: over all of them hardly one is left out. */
const CUT_STEP = pairs.length

describe.each(pairs)('a $client client, cut at $from, continued at $to', (pair) => {
  const { client, from, to } = pair

  const request = parse(client, clientBodies[client])

  function rescue(texts: readonly string[], splits: readonly number[] = []): Played {
    return play(request, [
      { api: from, body: bodyOf(from, first, true), split: splits },
      { api: to, body: bodyOf(to, texts), attempt: { anchor }, split: splits },
    ])
  }

  test.each([
    ['from the anchor', { verified: true, aligned: false }],
    ['without the anchor', { verified: false, aligned: false }],
    ['starting over', { verified: false, aligned: true }],
  ] as const)('%s: whole, each word once, in both interfaces of the SDK', async (way, seam) => {
    const played = rescue(answers[way])
    expect(played.stream.seam).toMatchObject(seam)
    expect(played.stream).toMatchObject({ committed: true, envelopes: 1 })
    expect(played.stream.delivered).toMatchObject({ text: full, chars: full.length })
    const [raw, helper] = await read(client, played.text)
    expect(raw).toEqual({ text: full, error: undefined })
    expect(helper).toMatchObject({
      text: full,
      error: undefined,
      stop: { chat: 'stop', messages: 'end_turn', responses: 'completed' }[client],
    })
  })

  test('starting over in other words: fails, and both interfaces raise', async () => {
    const played = rescue(answers['starting over in other words'])
    expect(played.diverged).toBe('the target started over and went on in other words')
    const text = played.text + textOf(played.stream.fail(failure))
    const [raw, helper] = await read(client, text)
    expect(raw).toEqual({ text: delivered, error: expect.stringContaining('the stream was cut') })
    expect(helper.error).toContain('the stream was cut')
  })

  test('gives the same bytes wherever the upstreams were cut into chunks', () => {
    const begun = ['The quick brown fox, so they say, ', 'jumps over the lazy dog again ']
    const ending = ['and again — 世界', ' 🌍 — until evening.']
    const held = begun.join('')
    const last = anchorOf(held)
    const ways = [[`${last} `, ...ending], ending, [...begun, ...ending], [held.slice(0, 60), 'no']]
    const cut = bodyOf(from, begun, true)
    for (const texts of ways) {
      const next = bodyOf(to, texts)
      const legs = (split: (body: string) => readonly number[]): readonly Leg[] => [
        { api: from, body: cut, split: split(cut) },
        { api: to, body: next, attempt: { anchor: last }, split: split(next) },
      ]
      const whole = play(
        request,
        legs(() => []),
      ).text
      const lengths = [cut, next].map((body) => bytesOf(body).length)
      for (let at = 1 + pairs.indexOf(pair); at < Math.max(...lengths); at += CUT_STEP) {
        expect(
          play(
            request,
            legs(() => [at]),
          ).text,
        ).toBe(whole)
      }
      const bytewise = play(
        request,
        legs((body) => [...bytesOf(body).keys()].slice(1)),
      )
      expect(bytewise.text).toBe(whole)
    }
  })

  test('marks the seam once, with a comment', () => {
    const comments = rescue(answers['from the anchor']).text.match(/^: .*$/gm)
    expect(comments).toEqual([
      ': secondwind seam attempt=2 strategy=user_turn verified=true model=model-2',
    ])
    expect(rescue(answers['starting over']).text).toContain(
      'attempt=2 strategy=user_turn verified=false aligned=true model=model-2',
    )
  })

  test('one envelope, one id, one model, one terminal, one closing frame', () => {
    const { text } = rescue(answers['from the anchor'])
    const payloads = text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)))
    const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0
    const { ids, openings, endings } = {
      chat: () => ({
        ids: payloads.map(({ id }) => id),
        openings: count(/"role":"assistant"/g),
        endings: [count(/"finish_reason":"/g), count(/\[DONE\]/g)],
      }),
      messages: () => ({
        ids: payloads.flatMap(({ message }) => message?.id ?? []),
        openings: count(/"role":"assistant"/g),
        endings: [count(/"stop_reason":"/g), count(/^event: message_stop$/gm)],
      }),
      responses: () => ({
        ids: payloads.flatMap(({ response }) => response?.id ?? []),
        openings: count(/^event: response.created$/gm),
        endings: [
          count(/^event: response.completed$/gm),
          count(/^event: response.output_item.done$/gm),
        ],
      }),
    }[client]()
    expect(new Set(ids).size).toBe(1)
    expect(openings).toBe(1)
    expect(endings).toEqual([1, 1])
  })

  test('an attempt that shows nothing leaves nothing behind', () => {
    const whole = play(request, [{ api: to, body: bodyOf(to, words), attempt: { model: 'm' } }])
    const prelude = bodyOf(from, [], true)
    const rescued = play(request, [
      { api: from, body: prelude },
      { api: to, body: bodyOf(to, words), attempt: { strategy: 'restart', model: 'm' } },
    ])
    // Ids that we mint are counted in the tests; everything else is equal to the byte.
    expect(rescued.text.replaceAll(/(chatcmpl|msg|resp)[-_]\d+/g, '$1')).toBe(
      whole.text.replaceAll(/(chatcmpl|msg|resp)[-_]\d+/g, '$1'),
    )
  })

  test('a second seam is spliced like the first', async () => {
    const middle = words.slice(40, 50)
    const again = anchorOf(words.slice(0, 50).join(''))
    const played = play(request, [
      { api: from, body: bodyOf(from, first, true) },
      { api: to, body: bodyOf(to, [anchor, ...middle], true), attempt: { anchor } },
      { api: from, body: bodyOf(from, [again, ...words.slice(50)]), attempt: { anchor: again } },
    ])
    const [raw, helper] = await read(client, played.text)
    expect(raw).toEqual({ text: full, error: undefined })
    expect(helper).toMatchObject({ text: full, error: undefined })
    expect(played.text.match(/^: secondwind seam attempt=[23]/gm)).toHaveLength(2)
  })

  test('a break while the seam is undecided loses nothing and says nothing twice', async () => {
    const played = play(request, [
      { api: from, body: bodyOf(from, first, true) },
      { api: to, body: bodyOf(to, [anchor.slice(0, 9)], true), attempt: { anchor } },
      { api: from, body: bodyOf(from, [anchor, ...rest]), attempt: { anchor } },
    ])
    const [raw] = await read(client, played.text)
    expect(raw).toEqual({ text: full, error: undefined })
  })
})

describe.each(['chat', 'messages'] as const)('a %s client and one target', (client) => {
  const request = parse(client, clientBodies[client])

  test('gets the frames of its own protocol byte for byte', () => {
    const body = `: hello\n\n${bodyOf(client, words)}`
    const played = play(request, [{ api: client, body }])
    expect(played.text).toBe(bodyOf(client, words).replace(/event: ping\n.*\n\n/, ''))
    expect(played.stream.delivered).toMatchObject({ chunks: 60, kinds: ['text'], toolCalls: 0 })
  })

  test('gets comments, pings and unknown events once content has come', () => {
    const odd =
      client === 'chat'
        ? 'data: {"object":"chat.new"}\r\n\r\n'
        : 'event: new\r\ndata: {"type":"new"}\r\n\r\n'
    const text = `${bodyOf(client, ['a'], true)}: ping\n\n${odd}`
    const played = play(request, [{ api: client, body: text }])
    expect(played.text.endsWith(`: ping\n\n${odd}`)).toBe(true)
    expect(played.stream.delivered.kinds).toEqual(['text', 'other'])
  })

  test('an unknown event commits', () => {
    const odd =
      client === 'chat' ? 'data: {"object":"chat.new"}\n\n' : messagesFrame({ type: 'new' })
    const prelude = bodyOf(client, [], true)
    expect(play(request, [{ api: client, body: prelude + odd }]).stream.committed).toBe(true)
    expect(play(request, [{ api: client, body: prelude }]).stream.committed).toBe(false)
  })

  test('gets a missing closing frame, and nothing that follows a terminal', () => {
    const body = bodyOf(client, words)
    const closing = client === 'chat' ? 'data: [DONE]\n\n' : messagesFrame({ type: 'message_stop' })
    const late = client === 'chat' ? chatFrame({ content: 'late' }) : messagesText('late')
    const stream = streamOf(request)
    const played = play(request, [{ api: client, body: body.replace(closing, late) }])
    expect(played.text).toBe(play(request, [{ api: client, body }]).text)
    expect(played.stream.terminal).toBe(client === 'chat' ? 'stop' : 'end_turn')
    expect(stream.finish(0)).toEqual({ bytes: new Uint8Array(0), closingFrameAdded: false })
  })

  test('tells its end in its own word, whatever the target calls it', () => {
    const other = client === 'chat' ? 'messages' : 'chat'
    const played = play(request, [{ api: other, body: bodyOf(other, words) }])
    expect(played.stream.terminal).toBe(client === 'chat' ? 'stop' : 'end_turn')
  })

  test('an error behind the terminal changes nothing; before it no terminal follows', () => {
    const whole = play(request, [{ api: client, body: bodyOf(client, words) }])
    expect(textOf(whole.stream.fail(failure))).toBe('')
    const cut = playToFailure(client, [{ api: client, body: bodyOf(client, first, true) }])
    expect(cut.stream.terminal).toBeUndefined()
    expect(cut.stream.finish(0).closingFrameAdded).toBe(false)
    expect(cut.text).not.toMatch(/\[DONE\]|message_stop|"(?:finish|stop)_reason":"/)
    expect(textOf(cut.stream.fail(failure))).toBe('')
  })

  test('a closing frame without a terminal closes nothing in another protocol either', () => {
    const other = client === 'chat' ? 'messages' : 'chat'
    const closing = other === 'chat' ? 'data: [DONE]\n\n' : messagesFrame({ type: 'message_stop' })
    const played = play(request, [{ api: other, body: bodyOf(other, ['a'], true) + closing }])
    expect(played.text).not.toMatch(/\[DONE\]|message_stop|message_delta/)
    expect(played.stream.terminal).toBeUndefined()
    expect(textOf(played.stream.fail(failure))).toContain('the stream was cut')
  })

  test('a closing frame without a terminal is not passed on', () => {
    const closing = client === 'chat' ? 'data: [DONE]\n\n' : messagesFrame({ type: 'message_stop' })
    const played = play(request, [{ api: client, body: bodyOf(client, ['a'], true) + closing }])
    expect(played.text).not.toContain(closing)
    expect(played.stream.terminal).toBeUndefined()
  })

  test('a failure after content raises in both interfaces', async () => {
    const cut = playToFailure(client, [{ api: client, body: bodyOf(client, first, true) }])
    const [raw, helper] = await read(client, cut.text)
    expect(raw).toEqual({ text: delivered, error: expect.stringContaining('the stream was cut') })
    expect(helper.error).toContain('the stream was cut')
  })

  test('a failure before anything was sent, the headers being out, raises too', async () => {
    const stream = streamOf(request)
    const text = textOf(stream.comment('waiting')) + textOf(stream.fail(failure))
    const [raw, helper] = await read(client, text)
    expect(raw.error).toContain('the stream was cut')
    expect(helper.error).toContain('the stream was cut')
  })

  test('a tool call that was cut is never closed', async () => {
    const call =
      client === 'chat'
        ? chatFrame({
            tool_calls: [
              {
                index: 0,
                id: 'call_1',
                type: 'function',
                function: { name: 'f', arguments: '{"a":' },
              },
            ],
          })
        : messagesFrame({
            type: 'content_block_start',
            index: 1,
            content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
          }) +
          messagesFrame({
            type: 'content_block_delta',
            index: 1,
            delta: { type: 'input_json_delta', partial_json: '{"a":' },
          })
    const cut = playToFailure(client, [{ api: client, body: bodyOf(client, ['a'], true) + call }])
    expect(cut.stream.delivered).toMatchObject({ toolCalls: 1, kinds: ['text', 'tool_call'] })
    const tail = cut.text.slice(cut.text.indexOf('{\\"a\\":'))
    expect(tail).not.toContain('content_block_stop')
    const [raw, helper] = await read(client, cut.text)
    expect([raw.error, helper.error]).toEqual([
      expect.stringContaining('the stream was cut'),
      expect.stringContaining('the stream was cut'),
    ])
  })

  test('an answer without content is passed on', () => {
    const body = bodyOf(client, [])
    const played = play(request, [{ api: client, body }])
    expect(played.stream.terminal).toBeDefined()
    expect(played.text.length).toBeGreaterThan(0)
    expect(played.stream.delivered.chunks).toBe(0)
  })

  test('a prelude without end is not held without end', () => {
    const empty =
      client === 'chat'
        ? chatFrame({ content: '' })
        : messagesFrame({ type: 'content_block_stop', index: 0 })
    const stream = streamOf(request)
    stream.startAttempt(
      { number: 1, targetApi: client, model: 'm', strategy: 'restart', requireAnchor: false },
      0,
    )
    const decoder = protocolOf(client).createDecoder(limits)
    const steps = decoder
      .push(bytesOf(bodyOf(client, [], true) + empty.repeat(20_000)))
      .map((frame) => stream.accept(frame, 0).kind)
    expect(steps).toContain('diverged')
    expect(stream.committed).toBe(false)
  })
})

test('the envelope is learned from the first chunk that has one, not from what Azure says before', () => {
  const aside = 'data: {"choices":[],"id":"","model":"","prompt_filter_results":[]}\n\n'
  const played = play(parse('chat', chatBody), [
    { api: 'chat', body: aside + chatStream(first, null) },
    { api: 'chat', body: chatStream([anchor, ...rest]), attempt: { anchor } },
  ])
  expect(played.stream.model).toBe('served')
  const behind = played.text.slice(played.text.indexOf(': secondwind'))
  expect(behind.match(/"id":"chatcmpl-a"/g)).toHaveLength(21)
  expect(behind).not.toContain('"id":""')
})

describe('usage', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 }
  const usageChunk = `data: ${JSON.stringify({ id: 'chatcmpl-a', choices: [], usage })}\n\n`
  const counted = chatStream(['Hi']).replace('data: [DONE]', `${usageChunk}data: [DONE]`)

  test('a chunk that only we asked for is taken out', () => {
    const played = play(parse('chat', chatBody), [{ api: 'chat', body: counted }])
    expect(played.text).toBe(chatStream(['Hi']))
  })

  test('a chunk that the client asked for is passed on', () => {
    const request = parse('chat', { ...chatBody, stream_options: { include_usage: true } })
    expect(play(request, [{ api: 'chat', body: counted }]).text).toBe(counted)
  })

  test('Chat counts reach an Anthropic client, behind the terminal or not at all', async () => {
    const request = parse('messages', messagesBody)
    const played = play(request, [{ api: 'chat', body: counted }])
    const [, helper] = await read('messages', played.text)
    expect(helper).toMatchObject({ text: 'Hi', inputTokens: 9, outputTokens: 7 })
    const uncounted = play(request, [{ api: 'chat', body: chatStream(['Hi']) }])
    const [, bare] = await read('messages', uncounted.text)
    expect(bare).toMatchObject({ text: 'Hi', error: undefined, outputTokens: 0 })
  })

  test('Anthropic counts reach a Chat client that asked, caches included', async () => {
    const request = parse('chat', { ...chatBody, stream_options: { include_usage: true } })
    const played = play(request, [{ api: 'messages', body: messagesStream(['Hi']) }])
    const [, helper] = await read('chat', played.text)
    expect(helper).toMatchObject({ text: 'Hi', inputTokens: 12, outputTokens: 7 })
  })

  test('after a seam the counts are those of the target that ended the answer', async () => {
    const legs: readonly Leg[] = [
      { api: 'messages', body: messagesStream(first, null) },
      {
        api: 'chat',
        body: counted.replace('"Hi"', JSON.stringify(anchor + rest.join(''))),
        attempt: { anchor },
      },
    ]
    const played = play(parse('messages', messagesBody), legs)
    const [, helper] = await read('messages', played.text)
    expect(helper).toMatchObject({ text: full, inputTokens: 9, outputTokens: 7 })
  })

  test('a message_delta without usage is given one: the SDK reads it unasked', async () => {
    const body = messagesStream(['Hi']).replace(',"usage":{"output_tokens":7}', '')
    expect(body).not.toContain('"output_tokens":7')
    const played = play(parse('messages', messagesBody), [{ api: 'messages', body }])
    const [raw, helper] = await read('messages', played.text)
    expect(raw).toEqual({ text: 'Hi', error: undefined })
    expect(helper).toMatchObject({ text: 'Hi', error: undefined, stop: 'end_turn' })
  })
})

function thinking(index: number): string {
  return (
    messagesFrame({
      type: 'content_block_start',
      index,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    }) +
    messagesFrame({
      type: 'content_block_delta',
      index,
      delta: { type: 'thinking_delta', thinking: 'hm' },
    }) +
    messagesFrame({ type: 'content_block_stop', index })
  )
}

describe('blocks of an Anthropic client', () => {
  const request = parse('messages', messagesBody)

  test('an open text block is gone on with', () => {
    const played = play(request, [
      { api: 'messages', body: messagesStream(first, null) },
      { api: 'messages', body: messagesStream([anchor, ...rest]), attempt: { anchor } },
    ])
    expect(played.text.match(/content_block_start"/g)).toHaveLength(1)
    expect(played.text.match(/content_block_stop"/g)).toHaveLength(1)
  })

  test('behind a closed block the next index is opened', async () => {
    const stop = messagesFrame({ type: 'content_block_stop', index: 0 })
    const played = play(request, [
      { api: 'messages', body: messagesStream(first, null) + stop },
      { api: 'messages', body: messagesStream([anchor, ...rest]), attempt: { anchor } },
    ])
    const [, helper] = await read('messages', played.text)
    expect(helper).toMatchObject({ text: full, error: undefined })
    expect(played.text).toContain('"content_block_start","index":1')
  })

  test('behind a closed item of Responses the next index is opened', async () => {
    const whole = responsesStream(first)
    const ended = whole.indexOf('event: response.completed')
    const played = play(parse('responses', clientBodies.responses), [
      { api: 'responses', body: whole.slice(0, ended) },
      { api: 'chat', body: chatStream([anchor, ...rest]), attempt: { anchor } },
    ])
    const [raw, helper] = await read('responses', played.text)
    expect(raw).toEqual({ text: full, error: undefined })
    expect(helper).toMatchObject({ text: full, error: undefined, stop: 'completed' })
    expect(played.text).toContain('"output_index":1')
  })

  test('reasoning behind a seam is dropped, before it passes', async () => {
    const text = messagesPrelude().replace('"index":0', '"index":1')
    const head = text.slice(0, text.indexOf('event: content_block_start'))
    const tail = text.slice(head.length)
    const thought = head + thinking(0) + tail
    const played = play(request, [
      { api: 'messages', body: thought + first.map((word) => messagesText(word, 1)).join('') },
      {
        api: 'messages',
        body: messagesStream([anchor, ...rest]).replace('event: ping', `${thinking(1)}event: ping`),
        attempt: { anchor },
      },
    ])
    expect(played.text.match(/"hm"/g)).toHaveLength(1)
    const [, helper] = await read('messages', played.text)
    expect(helper).toMatchObject({ text: full, error: undefined })
  })
})

describe('tool calls in another protocol', () => {
  const chatCalls =
    chatFrame({ role: 'assistant', content: null }) +
    chatFrame({ content: 'Let me look.' }) +
    chatFrame({
      tool_calls: [
        { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } },
      ],
    }) +
    chatFrame({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }) +
    chatFrame({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }) +
    chatFrame({
      tool_calls: [
        { index: 1, id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    }) +
    `${chatFrame({}, 'tool_calls')}data: [DONE]\n\n`

  test('Chat calls become blocks with consecutive indexes', async () => {
    const played = play(parse('messages', messagesBody), [{ api: 'chat', body: chatCalls }])
    const [, helper] = await read('messages', played.text)
    expect(helper).toMatchObject({
      text: 'Let me look.',
      stop: 'tool_use',
      tools: ['call_1 f {"a":1}', 'call_2 g {}'],
    })
    const chars = 'Let me look.{"a":1}{}'.length
    expect(played.stream.delivered).toMatchObject({ toolCalls: 2, chars })
  })

  test('blocks become Chat calls counted from 0', async () => {
    const anthropic = play(parse('messages', messagesBody), [{ api: 'chat', body: chatCalls }]).text
    const back = play(parse('chat', chatBody), [{ api: 'messages', body: anthropic }])
    const [, helper] = await read('chat', back.text)
    expect(helper).toMatchObject({
      text: 'Let me look.',
      stop: 'tool_calls',
      tools: ['call_1 f {"a":1}', 'call_2 g {}'],
    })
  })

  test.each(['tool_calls', 'stop'])(
    'arguments that are no JSON object fail the answer that ends with %s',
    async (finish) => {
      const cut = chatCalls.replace('1}', '').replace('"tool_calls"}', `"${finish}"}`)
      const played = play(parse('messages', messagesBody), [{ api: 'chat', body: cut }])
      expect(played.diverged).toBe('a tool call whose arguments are no JSON object')
      const [raw, helper] = await read(
        'messages',
        played.text + textOf(played.stream.fail(failure)),
      )
      expect([raw?.error, helper?.error]).toEqual([expect.any(String), expect.any(String)])
    },
  )

  test('arguments that were cut by the limit of tokens end as Anthropic ends them', () => {
    const cut = chatCalls.replace('1}', '').replace('"tool_calls"}', '"length"}')
    const played = play(parse('messages', messagesBody), [{ api: 'chat', body: cut }])
    expect(played.diverged).toBeUndefined()
    expect(played.text).toContain('"stop_reason":"max_tokens"')
  })

  test('a call behind the seam keeps its place behind the text', async () => {
    for (const client of ['chat', 'messages'] as const) {
      const played = play(parse(client, clientBodies[client]), [
        { api: client, body: bodyOf(client, ['Let me'], true) },
        {
          api: 'chat',
          body: chatCalls.replace('Let me look.', 'Let me look.'),
          attempt: { anchor: 'Let me' },
        },
      ])
      const [, helper] = await read(client, played.text)
      expect(helper).toMatchObject({
        text: 'Let me look.',
        tools: ['call_1 f {"a":1}', 'call_2 g {}'],
      })
    }
  })
})

describe('stops that another protocol has no word for', () => {
  test.each([
    ['chat', 'messages', messagesStream(['a'], 'pause_turn'), 'pause_turn'],
    ['messages', 'chat', chatStream(['a'], 'brand_new'), 'brand_new'],
  ] as const)('a %s client is not told a made-up one', (...[client, target, body, word]) => {
    const played = play(parse(client, clientBodies[client]), [{ api: target, body }])
    expect(played.diverged).toBe(
      `the target stopped with "${word}", which ${client} has no word for`,
    )
    expect(played.stream.terminal).toBeUndefined()
  })

  test('words that came with such a stop were not delivered', () => {
    const body = chatFrame({ role: 'assistant' }) + chatFrame({ content: 'Hi' }, 'brand_new')
    const { stream, text, diverged } = play(parse('messages', messagesBody), [
      { api: 'chat', body },
    ])
    expect(diverged).toContain('brand_new')
    expect(text).toBe('')
    expect(stream).toMatchObject({ committed: false, delivered: { chars: 0, chunks: 0 } })
  })

  test('in their own protocol they pass', () => {
    const played = play(parse('messages', messagesBody), [
      { api: 'messages', body: messagesStream(['a'], 'pause_turn') },
    ])
    expect(played.stream.terminal).toBe('pause_turn')
  })

  test('a refusal in Chat is a refusal in Messages', async () => {
    const body = `${chatFrame({ role: 'assistant' })}${chatFrame({ refusal: 'I will not.' })}${chatFrame({}, 'stop')}data: [DONE]\n\n`
    const played = play(parse('messages', messagesBody), [{ api: 'chat', body }])
    const [, helper] = await read('messages', played.text)
    expect(helper).toMatchObject({ text: 'I will not.', stop: 'refusal' })
  })
})

describe('content that is no text', () => {
  const citation = messagesFrame({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'citations_delta', citation: { cited_text: 'a' } },
  })
  const annotations = [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }]
  const annotated = messagesFrame({
    type: 'response.output_text.annotation.added',
    item_id: 'msg_upstream',
    output_index: 0,
    content_index: 0,
    annotation_index: 0,
    annotation: { type: 'url_citation' },
    sequence_number: 99,
  })
  const EXTRAS = {
    messages: { frame: citation, type: 'citations_delta' },
    chat: { frame: chatFrame({ annotations }), type: 'annotations' },
    responses: { frame: annotated, type: 'response.output_text.annotation.added' },
  } as const

  test.each(APIS)('delivered to a %s client, it cannot be gone on with', (client) => {
    const request = parse(client, clientBodies[client])
    const body = bodyOf(client, first, true) + EXTRAS[client].frame
    const { stream } = play(request, [{ api: client, body }])
    expect(stream.delivered.kinds).toEqual(['text', 'other'])
    const { features, options } = request
    expect(
      chooseStrategy({
        request: { features, options },
        committed: stream.committed,
        delivered: stream.delivered,
        continuation: { enabled: true, strategy: 'prefill', withTools: true, requireAnchor: false },
        capability: { prefill: 'yes', source: 'config' },
      }),
    ).toMatchObject({ strategy: 'stop' })
  })

  test.each(APIS)(
    'behind the seam of a %s client it is left out, and that is said',
    async (client) => {
      const { frame, type } = EXTRAS[client]
      const ending = bodyOf(client, [anchor, ...rest])
      const firstText = ending.indexOf(JSON.stringify(anchor))
      const place = ending.indexOf('\n\n', firstText) + 2
      const played = play(parse(client, clientBodies[client]), [
        { api: client, body: bodyOf(client, first, true) },
        {
          api: client,
          body: ending.slice(0, place) + frame + frame + ending.slice(place),
          attempt: { anchor },
        },
      ])
      const [raw, helper] = await read(client, played.text)
      expect(raw).toEqual({ text: full, error: undefined })
      expect(helper).toMatchObject({ text: full, error: undefined })
      expect(played.text.match(/^: secondwind dropped.*$/gm)).toEqual([
        `: secondwind dropped attempt=2 type=${type}`,
      ])
    },
  )
})

describe('more text than is kept', () => {
  test.each(APIS)('is delivered to a %s client, and cannot be gone on with', (client) => {
    const request = parse(client, clientBodies[client])
    const long = Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(100)} `)
    const played = play(request, [{ api: client, body: bodyOf(client, long, true) }], 1000)
    const { delivered: all } = played.stream
    expect(all).toMatchObject({ chars: long.join('').length, textComplete: false })
    expect(all.text.length).toBeLessThanOrEqual(1000)
    expect(long.join('').startsWith(all.text)).toBe(true)
    expect(played.text).toContain('39 xxx')
  })
})

function stopping(client: 'chat' | 'messages'): ClientRequest {
  const field = client === 'chat' ? 'stop' : 'stop_sequences'
  return parse(client, { ...clientBodies[client], [field]: ['###'] })
}

describe('a stop sequence across the seam', () => {
  test.each(['chat', 'messages'] as const)('ends the answer of a %s client', async (client) => {
    for (const [to, texts] of [
      [client, ['#', '# three', ' four']],
      ['chat', ['## three']],
      ['messages', ['', '#', '#', ' three']],
    ] as const) {
      const played = play(stopping(client), [
        { api: client, body: bodyOf(client, ['one two #'], true) },
        { api: to, body: bodyOf(to, texts), attempt: { strategy: 'prefill' } },
      ])
      const [raw, helper] = await read(client, played.text)
      expect(raw).toEqual({ text: 'one two #', error: undefined })
      expect(helper).toMatchObject({ stop: client === 'chat' ? 'stop' : 'stop_sequence' })
      expect(played.stream.closed).toBe(true)
      expect(played.text.includes('"stop_sequence":"###"')).toBe(client === 'messages')
    }
  })

  test.each(['chat', 'messages'] as const)(
    'is told a %s client where it is none',
    async (client) => {
      for (const texts of [['#', ' three'], ['#']]) {
        const played = play(stopping(client), [
          { api: client, body: bodyOf(client, ['one two #'], true) },
          { api: 'chat', body: bodyOf('chat', texts), attempt: { strategy: 'prefill' } },
        ])
        const [raw] = await read(client, played.text)
        expect(raw).toEqual({ text: `one two #${texts.join('')}`, error: undefined })
      }
    },
  )

  test('that the second target names is named to an Anthropic client', () => {
    const named = messagesStream([anchor], 'stop_sequence').replace(
      '"stop_sequence":null},"usage"',
      '"stop_sequence":"END"},"usage"',
    )
    const played = play(stopping('messages'), [
      { api: 'messages', body: messagesStream(first, null) },
      { api: 'messages', body: named, attempt: { anchor } },
    ])
    expect(played.text).toContain('"stop_reason":"stop_sequence","stop_sequence":"END"')
  })
})

describe('a restart after commit', () => {
  test.each(['chat', 'messages'] as const)('is aligned for a %s client', async (client) => {
    const request = parse(client, clientBodies[client])
    const legs = (texts: readonly string[]): readonly Leg[] => [
      { api: client, body: bodyOf(client, first, true) },
      { api: 'chat', body: bodyOf('chat', texts), attempt: { strategy: 'restart' } },
    ]
    const played = play(request, legs(words))
    const [raw] = await read(client, played.text)
    expect(raw).toEqual({ text: full, error: undefined })
    expect(play(request, legs(['Something else'])).diverged).toContain('in other words')
  })
})

describe('time at the seam', () => {
  test('what is held is joined when its time is over', () => {
    const stream = streamOf(parse('chat', chatBody))
    const attempt = { number: 1, targetApi: 'chat', model: 'm', requireAnchor: false } as const
    const decoder = protocolOf('chat').createDecoder(limits)
    stream.startAttempt({ ...attempt, strategy: 'restart' }, 0)
    for (const frame of decoder.push(bytesOf(chatStream(first, null)))) stream.accept(frame, 0)
    stream.startAttempt({ ...attempt, number: 2, strategy: 'user_turn', anchor }, 100)
    expect(stream.heldUntilMs).toBeUndefined()
    for (const frame of decoder.push(bytesOf(chatFrame({ content: 'Zebras ' })))) {
      expect(stream.accept(frame, 200)).toEqual({ kind: 'held' })
    }
    expect(stream.heldUntilMs).toBe(1200)
    expect(stream.release(1200)).toMatchObject({ kind: 'write' })
    expect(stream.heldUntilMs).toBeUndefined()
    expect(stream.release(1300)).toEqual({ kind: 'held' })
    expect(stream.seam).toMatchObject({ verified: false, heldMs: 1000 })
    expect(stream.attemptDelivered).toMatchObject({ chunks: 1, chars: 7 })
  })
})
