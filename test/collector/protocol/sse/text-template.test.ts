import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChatDecoder } from '../../../../collector/protocol/chat/chat-decoder.ts'
import { createMessagesDecoder } from '../../../../collector/protocol/messages/messages-decoder.ts'
import { TextTemplate } from '../../../../collector/protocol/sse/text-template.ts'
import { bytesOf } from '../../../support/play-streams.ts'

const limits = { lineBytesMax: 1 << 20, eventBytesMax: 4 << 20 }

const chatHead = 'data: {"id":"c","model":"content","choices":[{"index":0,"delta":{"content":"'
const chatTail = '"},"finish_reason":null}]}\n\n'
const messagesHead =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"'
const messagesTail = '"}}\n\n'
const messageStart =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"m"}}\n\n'

/** What stands between the quotes: plain, escaped, broken, hostile, not UTF-8. */
const middle = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => bytesOf(JSON.stringify(text).slice(1, -1))),
  fc.string().map(bytesOf),
  fc.uint8Array({ maxLength: 12 }),
  fc.constantFrom('content', 'c', '"},"finish_reason":"stop', '\\u0041', '\uFEFF').map(bytesOf),
)

const protocols = [
  {
    name: 'Chat',
    create: () => createChatDecoder(limits),
    opening: `${chatHead}first${chatTail}`,
    head: chatHead,
    tail: chatTail,
  },
  {
    name: 'Messages',
    create: () => createMessagesDecoder(limits),
    opening: messageStart,
    head: messagesHead,
    tail: messagesTail,
  },
] as const

/** Lengths of the pieces that a body comes in; what is left comes as one. */
const anyCuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 })

function chunked(body: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const length of lengths) {
    pieces.push(body.subarray(at, at + length))
    at += length
  }
  return [...pieces, body.subarray(at)]
}

function frameOf(text: string, id = 'c'): Buffer {
  return Buffer.from(`data: {"${id}":"${text}"}\n\n`)
}

describe('A template', () => {
  test.each(protocols)('of a $name stream says what parsing each frame says', (protocol) => {
    fc.assert(
      fc.property(fc.array(middle, { minLength: 1, maxLength: 12 }), anyCuts, (texts, cuts) => {
        const frames = texts.map((text) =>
          Buffer.concat([bytesOf(protocol.head), text, bytesOf(protocol.tail)]),
        )
        const learning = protocol.create()
        learning.push(bytesOf(protocol.opening))
        const told = chunked(Buffer.concat(frames), cuts).flatMap((part) => learning.push(part))
        // A decoder that has only seen the opening has no template for any text behind it.
        const parsed = frames.flatMap((frame) => {
          const fresh = protocol.create()
          fresh.push(bytesOf(protocol.opening))
          return fresh.push(frame)
        })
        expect(told.map(({ raw, events, payload }) => ({ raw, events, payload }))).toEqual(
          parsed.map(({ raw, events, payload }) => ({ raw, events, payload })),
        )
      }),
    )
  })

  test('is not learnt where the text only seems to stand', () => {
    const raw = bytesOf('data: {"model":"same","text":"same"}\n\n')
    const template = TextTemplate.learn(
      raw,
      'same',
      (bytes) => /"text":"([^"]*)"/.exec(Buffer.from(bytes).toString())?.[1],
    )
    expect(template).toBeUndefined()
  })

  test('leaves to the parser what is escaped, empty, broken or differs around the text', () => {
    const template = TextTemplate.learn(frameOf('one'), 'one', (bytes) =>
      Buffer.from(bytes.subarray(12, -4)).toString(),
    )
    expect(template?.textOf(frameOf('two'))).toBe('two')
    expect(template?.textOf(frameOf('grüße 世界'))).toBe('grüße 世界')
    for (const text of ['', 'a\\n', 'a"', 'a\u0001']) {
      expect(template?.textOf(frameOf(text))).toBeUndefined()
    }
    expect(template?.textOf(frameOf('two', 'd'))).toBeUndefined()
    expect(template?.textOf(Buffer.from('data: {'))).toBeUndefined()
  })
})
