import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bodyOf,
  chatBody,
  chatFrame,
  messagesBody,
  parse,
  play,
} from '../../../support/play-streams.ts'

interface Block {
  readonly index: number
  readonly type: string
}

/** Reads a Messages stream as strictly as its specification is; returns what its blocks say. */
function readStrictly(stream: string): readonly string[] {
  const said: string[] = []
  const order: string[] = []
  let open: Block | undefined
  for (const frame of stream.split('\n\n').filter((text) => text !== '')) {
    const [name, data] = frame.split('\n').map((line) => line.slice(line.indexOf(': ') + 2))
    const payload = JSON.parse(data ?? '')
    if (payload.type !== name) throw new Error(`${name} says ${payload.type}`)
    switch (payload.type) {
      case 'content_block_start':
        if (open !== undefined) throw new Error('a block inside a block')
        open = { index: payload.index, type: payload.content_block.type }
        if (open.index !== said.length) throw new Error(`block ${open.index} after ${said.length}`)
        said.push(open.type === 'tool_use' ? `${payload.content_block.name} ` : '')
        break
      case 'content_block_delta':
        if (payload.index !== open?.index) throw new Error('a delta outside its block')
        said[payload.index] += payload.delta.text ?? payload.delta.partial_json
        break
      case 'content_block_stop':
        if (payload.index !== open?.index) throw new Error('an end of no block')
        open = undefined
        break
      default:
        if (open !== undefined) throw new Error(`${payload.type} inside a block`)
        if (payload.type === 'message_delta' && typeof payload.usage.output_tokens !== 'number') {
          throw new TypeError('a message_delta without usage')
        }
        order.push(payload.type)
    }
  }
  expect(order).toEqual(['message_start', 'message_delta', 'message_stop'])
  return said
}

type Piece =
  | { readonly kind: 'text' | 'reasoning' | 'refusal'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly json: readonly string[] }
  | { readonly kind: 'usage' }

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'text' as const,
      'text' as const,
      'reasoning' as const,
      'refusal' as const,
    ),
    text: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
  }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constantFrom('f', 'g'),
    json: fc.array(fc.constantFrom('{"a":', '1', '}'), { maxLength: 3 }),
  }),
  fc.constant({ kind: 'usage' as const }),
)

function chatBodyOf(pieces: readonly Piece[]): string {
  let calls = 0
  const frames = pieces.map((part) => {
    switch (part.kind) {
      case 'text':
        return chatFrame({ content: part.text })
      case 'reasoning':
        return chatFrame({ reasoning_content: part.text })
      case 'refusal':
        return chatFrame({ refusal: part.text })
      case 'usage':
        return chatFrame({}, null, { usage: { prompt_tokens: 3, completion_tokens: 1 } })
      case 'call': {
        const index = calls
        calls += 1
        const head = { index, id: `c${index}`, function: { name: part.name, arguments: '' } }
        return [
          chatFrame({ tool_calls: [head] }),
          ...part.json.map((json) =>
            chatFrame({ tool_calls: [{ index, function: { arguments: json } }] }),
          ),
        ].join('')
      }
      default:
        return part satisfies never
    }
  })
  return `${chatFrame({ role: 'assistant' })}${frames.join('')}${chatFrame({}, 'stop')}data: [DONE]\n\n`
}

/** The blocks that an Anthropic client should see: runs of text, and one block per call. */
function blocksOf(pieces: readonly Piece[]): readonly string[] {
  const blocks: string[] = []
  let isText = false
  for (const part of pieces) {
    if (part.kind === 'call') {
      blocks.push(`${part.name} ${part.json.join('')}`)
      isText = false
    } else if (part.kind === 'text' || part.kind === 'refusal') {
      if (isText) blocks.push(`${blocks.pop()}${part.text}`)
      else blocks.push(part.text)
      isText = true
    }
  }
  return blocks
}

const BROKEN_CALL = 'a tool call whose arguments are no JSON object'

/** Of the pieces that arguments are made of here: none, or one whole object. */
function canBeRead(part: Piece): boolean {
  return part.kind !== 'call' || ['', '{"a":1}'].includes(part.json.join(''))
}

test('any Chat answer becomes one well-formed Messages stream that says the same, or fails', () => {
  const request = parse('messages', messagesBody)
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const { text, diverged } = play(request, [{ api: 'chat', body: chatBodyOf(pieces) }])
      const isReadable = pieces.every(canBeRead)
      expect(diverged).toBe(isReadable ? undefined : BROKEN_CALL)
      const said = isReadable ? readStrictly(text) : undefined
      expect(said).toEqual(isReadable ? blocksOf(pieces) : undefined)
    }),
    { numRuns: 500 },
  )
})

interface Interleaved {
  readonly jsons: readonly string[]
  /** Of which call the next fragment is. */
  readonly order: readonly number[]
  readonly size: number
}

/** Chat lets parallel calls speak in turns; a call is announced by its first fragment. */
function interleavedBody({ jsons, order, size }: Interleaved): string {
  const said = jsons.map(() => 0)
  const announced = new Set<number>()
  const frames: string[] = []
  const speak = (index: number): void => {
    const head = announced.has(index) ? {} : { id: `c${index}`, type: 'function' }
    const from = said[index] ?? 0
    announced.add(index)
    said[index] = from + size
    const call = { name: `f${index}`, arguments: jsons[index]?.slice(from, from + size) }
    frames.push(chatFrame({ tool_calls: [{ index, ...head, function: call }] }))
  }
  for (const index of order) speak(index % jsons.length)
  for (const [index, json] of jsons.entries()) {
    while (!announced.has(index) || (said[index] ?? 0) < json.length) speak(index)
  }
  return `${chatFrame({ role: 'assistant' })}${frames.join('')}${chatFrame({}, 'tool_calls')}data: [DONE]\n\n`
}

const interleaved = fc.record({
  jsons: fc.array(
    fc
      .dictionary(fc.constantFrom('a', '"', '\\', '}{'), fc.jsonValue({ maxDepth: 1 }))
      .map((value) => JSON.stringify(value)),
    { minLength: 1, maxLength: 3 },
  ),
  order: fc.array(fc.nat(), { maxLength: 20 }),
  size: fc.integer({ min: 2, max: 8 }),
})

test('calls whose arguments come in turns are told one behind the other, each whole', () => {
  const request = parse('messages', messagesBody)
  fc.assert(
    fc.property(interleaved, (calls) => {
      const { text, diverged } = play(request, [{ api: 'chat', body: interleavedBody(calls) }])
      expect(diverged).toBeUndefined()
      const told = readStrictly(text).toSorted()
      expect(told).toEqual(calls.jsons.map((json, index) => `f${index} ${json}`).toSorted())
    }),
    { numRuns: 100 },
  )
})

test('text beside an unfinished call waits for it, and what cannot wait any more is a failure', () => {
  const request = parse('messages', messagesBody)
  const begun = chatFrame({
    tool_calls: [{ index: 0, id: 'c0', function: { name: 'f', arguments: '{"a":' } }],
  })
  const ended = chatFrame({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] })
  const end = `${chatFrame({}, 'tool_calls')}data: [DONE]\n\n`
  const beside = chatFrame({ content: 'beside' })
  const { text } = play(request, [{ api: 'chat', body: begun + beside + beside + ended + end }])
  expect(readStrictly(text)).toEqual(['f {"a":1}', 'besidebeside'])
  const much = chatFrame({ content: 'x'.repeat(600_000) })
  const { diverged } = play(request, [{ api: 'chat', body: begun + much + much + ended + end }])
  expect(diverged).toBe('more was said beside an unfinished tool call than can be held back')
})

test('said to an Anthropic client and back, an answer is the same to a Chat client', () => {
  const there = parse('messages', messagesBody)
  const back = parse('chat', chatBody)
  const texts = fc.array(fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }))
  fc.assert(
    fc.property(texts, (said) => {
      const { text } = play(there, [{ api: 'chat', body: bodyOf('chat', said) }])
      const returned = play(back, [{ api: 'messages', body: text }]).stream
      expect(returned.delivered.text).toBe(said.join(''))
      expect(returned.terminal).toBe('stop')
    }),
    { numRuns: 300 },
  )
})

test('a closing word of another protocol ends the stream in its own', () => {
  const body = bodyOf('messages', ['a']).replace(/event: message_stop\n.*\n\n$/, 'data: [DONE]\n\n')
  expect(body.endsWith('[DONE]\n\n')).toBe(true)
  const { text } = play(parse('messages', messagesBody), [{ api: 'messages', body }])
  expect(text).toMatch(/event: message_stop\ndata: .*\n\n$/)
  expect(text).not.toContain('[DONE]')
})

test('a tool call’s id is one that Anthropic takes back with its result', () => {
  const id = 'functions.now:1'
  const head = { index: 0, id, function: { name: 'now', arguments: '{}' } }
  const body = [
    chatFrame({ tool_calls: [head] }),
    chatFrame({}, 'tool_calls'),
    'data: [DONE]\n\n',
  ].join('')
  const { text } = play(parse('messages', messagesBody), [{ api: 'chat', body }])
  const [, given] = /"type":"tool_use","id":"([^"]*)"/.exec(text) ?? []
  expect(given).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
})
