import { describe, expect, test } from 'vitest'
import { createChatDecoder } from '../../../../collector/protocol/chat/chat-decoder.ts'
import type { StreamEvent } from '../../../../collector/protocol/event.ts'
import { bytesOf, chatFrame, chatStream, limits } from '../../../support/play-streams.ts'

function decode(body: string, choices = 1): readonly StreamEvent[] {
  const decoder = createChatDecoder(limits, choices)
  return [...decoder.push(bytesOf(body)), ...decoder.end()].flatMap((frame) => frame.events)
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function call(fields: object): string {
  return chatFrame({ tool_calls: [fields] })
}

function named(name: string): object {
  return { function: { name, arguments: '' } }
}

function finish(index: number): string {
  return data({ choices: [{ index, delta: {}, finish_reason: 'stop' }] })
}

function terminals(body: string): number {
  return decode(body, 2).filter(({ kind }) => kind === 'terminal').length
}

describe('createChatDecoder', () => {
  test('reads prelude, content, terminal, usage and closing', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }
    const body = `: hello\n\n${chatStream(['Hi', ' there']).replace(
      'data: [DONE]\n\n',
      data({ id: 'chatcmpl-a', choices: [], usage }) + 'data: [DONE]\n\n',
    )}`
    expect(decode(body)).toEqual([
      { kind: 'prelude' },
      { kind: 'start', id: 'chatcmpl-a', model: 'served' },
      { kind: 'text', text: 'Hi' },
      { kind: 'text', text: ' there' },
      { kind: 'terminal', native: 'stop', stop: 'end' },
      { kind: 'usage', usage: { inputTokens: 9, outputTokens: 2 } },
      { kind: 'closing' },
    ])
  })

  test.each([
    ['a bare error', data({ error: { message: 'boom', type: 'server_error', code: 'x' } })],
    [
      'an error next to choices',
      chatFrame({ content: '' }, 'error', { error: { message: 'boom', code: 502 } }),
    ],
    ['an error as a string', data({ error: 'boom' })],
    ['a named error event', 'event: error\ndata: {"message":"boom"}\n\n'],
    ['a named error event in plain words', 'event: error\ndata: boom: <b>upstream</b> gone\n\n'],
    ['JSON that forgot it is in a stream', '{"error":{"message":"boom"}}\n\n'],
    ['the error object of vLLM', data({ object: 'error', message: 'boom', code: 400 })],
    ['a finish reason that says error', chatFrame({}, 'error')],
    ['the error type of another protocol as finish reason', chatFrame({}, 'overloaded_error')],
  ])('reads %s as an error, and as nothing else', (_, body) => {
    expect(decode(body)).toEqual([
      expect.objectContaining({
        kind: 'error',
        error: expect.objectContaining({ message: expect.stringMatching(/boom|error/) }),
      }),
    ])
  })

  test('takes a status from a numeric error code', () => {
    const [event] = decode(data({ error: { message: 'busy', code: 502 } }))
    expect(event).toEqual({ kind: 'error', error: { message: 'busy', statusCode: 502 } })
  })

  test.each([
    ['half a JSON', 'data: {"choices":[\n\n'],
    ['JSON that is no object', 'data: [1]\n\n'],
    ['text', 'data: hello\n\n'],
    ['a page', '<html>504</html>\n\n'],
    ['a choice that is no object', data({ choices: [7] })],
    ['JSON deeper than anything', `data: ${'['.repeat(200)}${']'.repeat(200)}\n\n`],
  ])('reads %s as malformed', (_, body) => {
    expect(decode(body)).toEqual([expect.objectContaining({ kind: 'malformed' })])
  })

  test('reads reasoning in both of its dialects', () => {
    expect(decode(chatFrame({ reasoning_content: 'hm' }) + chatFrame({ reasoning: 'so' }))).toEqual(
      [
        { kind: 'start', id: 'chatcmpl-a', model: 'served' },
        { kind: 'reasoning', text: 'hm' },
        { kind: 'reasoning', text: 'so' },
      ],
    )
  })

  test('takes an unknown but valid event for content', () => {
    expect(decode(data({ object: 'chat.new.thing', x: 1 }))).toEqual([
      { kind: 'other', type: 'chat.new.thing' },
    ])
    const audio = decode(chatFrame({ audio: { data: 'AA' } }))
    expect(audio).toContainEqual({ kind: 'other', type: 'audio' })
    const source = { type: 'url_citation', url_citation: { url: 'https://a.example' } }
    const cited = decode(chatFrame({ content: 'a', annotations: [source] }))
    expect(cited).toContainEqual({ kind: 'other', type: 'annotations' })
    const picture = decode(chatFrame({ content: '', images: [{ type: 'image_url' }] }))
    expect(picture).toContainEqual({ kind: 'other', type: 'images' })
    const sourced = decode(
      chatFrame({ content: 'a [1]' }, null, { citations: ['https://a.example'] }),
    )
    expect(sourced).toContainEqual({ kind: 'other', type: 'citations' })
    const counted = data({ choices: [], usage: {}, citations: ['https://a.example'] })
    expect(decode(counted)).not.toContainEqual({ kind: 'other', type: 'citations' })
    expect(decode(chatFrame({ content: 'a', annotations: [] }, null, { citations: [] }))).toEqual([
      expect.objectContaining({ kind: 'start' }),
      { kind: 'text', text: 'a' },
    ])
  })

  test('counts tool calls from 0, also where the index is missing or always 0', () => {
    const body =
      call({ index: 0, id: 'a', ...named('f') }) +
      call({ index: 0, function: { arguments: '{"x"' } }) +
      call({ index: 0, id: 'b', ...named('g') }) +
      call({ id: 'c', function: { name: 'h', arguments: '{}' } })
    expect(decode(body).filter(({ kind }) => kind.startsWith('tool'))).toEqual([
      { kind: 'tool-call', index: 0, id: 'a', name: 'f' },
      { kind: 'tool-arguments', index: 0, json: '{"x"' },
      { kind: 'tool-call', index: 1, id: 'b', name: 'g' },
      { kind: 'tool-call', index: 2, id: 'c', name: 'h' },
      { kind: 'tool-arguments', index: 2, json: '{}' },
    ])
  })

  test('is complete only when every choice has finished', () => {
    expect(terminals(finish(1))).toBe(0)
    expect(terminals(finish(1) + finish(0))).toBe(1)
  })

  test('takes no finish reason from an empty string', () => {
    expect(decode(chatFrame({ content: 'a' }, ''))).toHaveLength(2)
  })

  test.each([
    ['stop', 'end'],
    ['end_turn', 'end'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['tool_calls', 'tool-calls'],
    ['function_call', 'tool-calls'],
    ['content_filter', 'filtered'],
    ['SAFETY', 'filtered'],
    ['something_new', 'other'],
  ])('reads finish_reason %s as %s', (native, stop) => {
    expect(decode(chatFrame({}, native))).toContainEqual({ kind: 'terminal', native, stop })
  })

  test('keeps hostile keys as plain data', () => {
    const body =
      'data: {"__proto__":{"choices":[]},"constructor":{"prototype":{"x":1}},"choices":[{"index":0,"delta":{"__proto__":{"content":"no"}},"finish_reason":null}]}\n\n'
    expect(decode(body)).toEqual([{ kind: 'start', id: '', model: '' }])
    expect(Object.hasOwn(Object.prototype, 'choices')).toBe(false)
    expect(Object.hasOwn(Object.prototype, 'content')).toBe(false)
  })
})
