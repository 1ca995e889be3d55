import { expect, test } from 'vitest'

import { JsonFileReader } from '../../../cli/span-files/json-file-reader.ts'
import { PIECE_BYTES_MAX } from '../../../cli/span-files/piece.ts'
import type { Found, SpanFileReader } from '../../../cli/span-files/span-file-reader.ts'

const ELEMENT = `{"resource":{"attributes":[{"key":"a \\"}]{[","value":{"stringValue":"\\\\"}}]},
 "scopeSpans":[{"scope":{"name":"s"},"spans":[{"name":"é\\u00e9"},{"name":"}"}]}]}`
const DOCUMENT = `{"other":[{"resourceSpans":[{}]}],"resourceSpans":[${ELEMENT},${ELEMENT}],"x":null}`

const documents = (): JsonFileReader => new JsonFileReader({ onePerLine: false })
const lines = (): JsonFileReader => new JsonFileReader({ onePerLine: true })

function readAll(reader: SpanFileReader, chunks: readonly Buffer[]): readonly Found[] {
  return [...chunks.flatMap((chunk) => [...reader.push(chunk)]), ...reader.end()]
}

const told = (found: readonly Found[]): readonly (string | number)[] =>
  found.map((one) => (one.kind === 'piece' ? one.piece.spans : one.message))

test('elements come out as their bytes stood, wherever the chunks are cut', () => {
  const bytes = Buffer.from(`${DOCUMENT}\n${DOCUMENT}`)
  for (let at = 0; at <= bytes.length; at += 1) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)]
    const found = readAll(documents(), chunks)
    expect(told(found)).toEqual([2, 2, 2, 2])
    expect(found[3]).toMatchObject({ piece: { bytes: Buffer.from(ELEMENT) } })
  }
  const single = [...bytes].map((byte) => Buffer.from([byte]))
  expect(told(readAll(documents(), single))).toEqual([2, 2, 2, 2])
})

test('a document that is cut anywhere gives what was whole, and says that it was cut', () => {
  const bytes = Buffer.from(DOCUMENT)
  for (let length = 1; length < bytes.length; length += 1) {
    const found = told(readAll(documents(), [bytes.subarray(0, length)]))
    expect(found.at(-1)).toContain('it ends in the middle of a document')
    expect(found.slice(0, -1).every((spans) => spans === 2)).toBe(true)
  }
})

test('a line that is cut anywhere costs no other', () => {
  const line = DOCUMENT.replaceAll('\n', '')
  for (let length = 1; length < line.length; length += 1) {
    const text = `${line}\n${line.slice(0, length)}\n${line}\n`
    const found = told(readAll(lines(), [Buffer.from(text)]))
    const spans = found.filter((one) => typeof one === 'number').length
    expect(found.filter((one) => typeof one === 'string')).toHaveLength(1)
    expect(spans).toBeGreaterThanOrEqual(4)
  }
})

test.each([
  ['logs', '{"resourceLogs":[]}', 'these are logs, not traces'],
  ['metrics', '{"resourceMetrics":[]}', 'these are metrics, not traces'],
  ['keys of Python', '{"resource_spans":[]}', 'lowerCamelCase'],
  ['something else', '{"a":{"resourceSpans":[]}}', 'expected OTLP traces'],
  ['a list', '[]', 'expected OTLP traces'],
  ['text behind a document', '{"resourceSpans":[]} hello', 'expected OTLP traces'],
  ['brackets too many', '{"resourceSpans":[]}]', 'a bracket is closed that was not opened'],
  ['a list in the list', '{"resourceSpans":[[]]}', 'expected an object'],
  ['no list', '{"resourceSpans":{"scopeSpans":[]}}', 'resourceSpans is no list'],
  ['a string', '"hello"', 'expected OTLP traces'],
  ['a list of numbers', '[1,2]', 'expected OTLP traces'],
  [
    'nesting without end',
    `{"resourceSpans":[{"a":${'['.repeat(400)}${']'.repeat(400)}}]}`,
    'nested deeper',
  ],
  ['an element that is none', '{"resourceSpans":[{"a":b}]}', 'is not JSON'],
])('%s is named', (_, text, message) => {
  const found = told(readAll(documents(), [Buffer.from(text)]))
  expect(found).toEqual([expect.stringContaining(message)])
})

test.each(['{"resourceSpans":null}', '{"resourceSpans":[]}', '{"resourceSpans":[5,null]}', ' \n'])(
  'nothing in it is no mistake: %s',
  (text) => {
    const found = told(readAll(documents(), [Buffer.from(text)]))
    expect(found.filter((one) => one !== 0)).toEqual([])
  },
)

test('a document is not in memory as a whole: it may be longer than anything that is held', () => {
  const reader = documents()
  const note = 'x'.repeat(256 * 1024)
  const chunk = Buffer.from(`{"note":"${note}","scopeSpans":[{"spans":[{}]}]},`.repeat(16))
  let spans = 0
  const count = (found: Iterable<Found>): void => {
    for (const one of found) spans += one.kind === 'piece' ? one.piece.spans : 0
  }
  count(reader.push(Buffer.from('{"resourceSpans":[')))
  const rounds = Math.ceil((1.1 * PIECE_BYTES_MAX) / chunk.length)
  for (let round = 0; round < rounds; round += 1) count(reader.push(chunk))
  count(reader.push(Buffer.from('{}]}')))
  expect([...reader.end()]).toEqual([])
  expect(spans).toBe(rounds * 16)
}, 60_000)

test('an element that is larger than what is held is left out, and the next is read', () => {
  const reader = documents()
  const chunk = Buffer.alloc(8 * 1024 * 1024, 'x')
  const found: Found[] = [...reader.push(Buffer.from('{"resourceSpans":[{"a":"'))]
  for (let round = 0; round < 33; round += 1) found.push(...reader.push(chunk))
  found.push(...reader.push(Buffer.from(`"},${ELEMENT}]}`)), ...reader.end())
  expect(told(found)).toEqual([expect.stringContaining('larger than 256 MiB'), 2])
})

test('documents stand in a list, wherever the chunks are cut', () => {
  const bytes = Buffer.from(`[\n${DOCUMENT},\n${DOCUMENT}\n]\n[${DOCUMENT}]`)
  for (let at = 0; at <= bytes.length; at += 1) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)]
    expect(told(readAll(documents(), chunks))).toEqual([2, 2, 2, 2, 2, 2])
  }
  const line = `[${DOCUMENT.replaceAll('\n', '')}]`
  expect(told(readAll(lines(), [Buffer.from(`${line}\n${line}`)]))).toEqual([2, 2, 2, 2])
})

test('behind text, documents are read on from a line that begins with one', () => {
  const found = readAll(documents(), [Buffer.from(`${DOCUMENT}\nhello\n {\n${DOCUMENT}`)])
  expect(told(found)).toEqual([2, 2, expect.stringContaining('line 4: expected OTLP traces'), 2, 2])
})

test('problems name their line, wherever the chunks are cut', () => {
  const line = DOCUMENT.replaceAll('\n', '')
  const bytes = Buffer.from(`${line}\r\n\r\nhello\n${line.slice(0, 100)}\n${line}\n{"a":1}`)
  const wanted = [3, 4, 6].map((number) => expect.stringMatching(`^line ${number}: `))
  for (let at = 0; at <= bytes.length; at += 1) {
    const found = told(readAll(lines(), [bytes.subarray(0, at), bytes.subarray(at)]))
    expect(found.filter((one) => typeof one === 'string')).toEqual(wanted)
  }
})
