import { expect, test } from 'vitest'

import { chooseReader } from '../../../cli/span-files/choose-reader.ts'
import { FILE_FORMATS } from '../../support/otlp-files.ts'
import { buildSpan } from '../../support/otlp.ts'

const FORMATS: Readonly<Record<string, string>> = {
  'JSON on one line': 'OTLP JSON, one document per line',
  'JSON over many lines': 'OTLP JSON',
  'JSON behind a byte order mark': 'OTLP JSON, one document per line',
  'a JSON document per line': 'OTLP JSON, one document per line',
  'a JSON document per line, of Windows': 'OTLP JSON, one document per line',
  'JSON documents over many lines': 'OTLP JSON',
  protobuf: 'OTLP protobuf',
  'protobuf messages in a row': 'OTLP protobuf',
  'protobuf behind lengths': 'OTLP protobuf, each message behind its length',
}

const formatOf = (start: Buffer | string): string => {
  const chosen = chooseReader(Buffer.from(start))
  return chosen.kind === 'reader' ? chosen.reader.format : chosen.message
}

test.each(FILE_FORMATS)('%s is told by its content', (name, write) => {
  for (const count of [1, 2, 300]) {
    const spans = Array.from({ length: count }, () => buildSpan())
    expect(formatOf(write(spans))).toBe(FORMATS[name])
  }
})

test('protobuf of any length of its first message is no JSON', () => {
  // 0x0a 0x7b is a line feed and a brace: a message of 123 bytes begins so.
  for (let length = 1; length < 400; length += 1) {
    const [, write] = FILE_FORMATS.find(([name]) => name === 'protobuf') ?? []
    const bytes = write?.([buildSpan({ name: 'x'.repeat(length) })]) ?? Buffer.alloc(0)
    expect(formatOf(bytes)).toBe('OTLP protobuf')
  }
})

test.each([
  ['a bad first line of many', 'this is none\n{"resourceSpans":[]}\n', 'one document per line'],
  [
    'a first line that is cut',
    '{"resourceSpans":[\n{"resourceSpans":[]}\n',
    'one document per line',
  ],
  ['blank lines before', '\n\n{"resourceSpans":[]}', 'one document per line'],
  ['zstd', Buffer.from('28b52ffd2400', 'hex'), 'zstd -d'],
  ['zstd behind a length', Buffer.from('0000001028b52ffd', 'hex'), 'zstd -d'],
  ['nothing', '', 'it is empty'],
  ['blank lines', '\n \r\n', 'it is empty'],
  ['a list on one line', '[{"resourceSpans":[]}]', 'one document per line'],
  [
    'a list with a document on each line',
    '[\n{"resourceSpans":[]},\n{"resourceSpans":[]}\n]',
    'OTLP JSON',
  ],
  ['an indented list', JSON.stringify([{ resourceSpans: [] }], null, 2), 'OTLP JSON'],
  [
    'an element on each line',
    '{"resourceSpans":[\n{"resource":{}},\n{"resource":{}}]}',
    'OTLP JSON',
  ],
  ['a list of numbers', '[1]', 'expected OTLP traces'],
  ['a list without anything', '[]', 'expected OTLP traces'],
  ['text in UTF-16', Buffer.from('\uFEFF{"resourceSpans":[]}', 'utf16le'), 'UTF-16'],
  ['logs behind a line feed', '\nlevel=info\n', 'expected OTLP traces'],
  ['zeros', Buffer.alloc(100), 'expected OTLP traces'],
  ['a page', '<!doctype html>', 'expected OTLP traces'],
])('%s', (_, start, expected) => {
  expect(formatOf(start)).toMatch(new RegExp(`${expected}$|${expected}[:;, ]`, 'u'))
})
