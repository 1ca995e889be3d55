import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { OtlpDecoder } from '../../../analyzer/ingest/decode-otlp.ts'
import { describeUnread, readSpans } from '../../../cli/classify/read-spans.ts'
import { FILE_FORMATS, jsonLines, withLength } from '../../support/otlp-files.ts'
import { buildSpan, jsonRequest, protobufRequest } from '../../support/otlp.ts'

const decoder = new OtlpDecoder({ salt: Buffer.from('salt') })

async function read(document: string | Uint8Array) {
  const stdin = Readable.from([Buffer.from(document)])
  const { spans, ...unread } = await readSpans({ path: '-', decoder, stdin })
  return { spans, unread: describeUnread(unread) }
}

const first = buildSpan({ spanId: '0000000000000001' })
const second = buildSpan({ spanId: '0000000000000002' })
const third = buildSpan({ spanId: '0000000000000003' })
const json = JSON.stringify(jsonRequest([first, second]))
const lines = jsonLines([first, second])

test.each(FILE_FORMATS)('told by its content: %s, plain and gzip', async (_, write) => {
  const whole = { spans: [first, second], unread: [] }
  const document = write([first, second])
  expect(await read(document)).toEqual(whole)
  expect(await read(gzipSync(document))).toEqual(whole)
})

test.each([
  ['blank lines and CRLF', `\n${lines.replace('\n', '\r\n\r\n')}`],
  ['no line feed at the end', lines.trimEnd()],
  ['a byte order mark and white space', `\uFEFF \n${json}\n`],
  [
    'two gzips in a row',
    Buffer.concat([
      gzipSync(lines.split('\n')[0] ?? ''),
      gzipSync('\n'),
      gzipSync(lines.split('\n')[1] ?? ''),
    ]),
  ],
])('%s change nothing', async (_, document) => {
  expect(await read(document)).toEqual({ spans: [first, second], unread: [] })
})

test('content is stripped from what is returned', async () => {
  const canary = buildSpan({ attributes: { 'gen_ai.prompt': 'seven umbrellas' } })
  const { spans } = await read(protobufRequest([canary]))
  expect(spans[0]?.attributes.get('gen_ai.prompt')).toMatch(/^\{"secondwindShape":1/u)
})

test('bad spans are counted, and the rest is read', async () => {
  expect(await read(protobufRequest([first, buildSpan({ traceId: '' })]))).toEqual({
    spans: [first],
    unread: ['1 span was left out: 1 trace-id-invalid'],
  })
})

test.each([
  ['that is text', 'kubectl says hello', 'line 2: expected OTLP traces, {"resourceSpans": [...]}'],
  ['of logs', '{"resourceLogs":[]}', 'line 2: these are logs, not traces'],
  [
    'cut short',
    json.slice(0, 80),
    'line 2: it ends in the middle of a document; what stood before is used',
  ],
  [
    'with an element that is none',
    '{"resourceSpans":[{"scopeSpans":x}]}',
    'line 2: an element of resourceSpans is not JSON: its byte 14 was not expected',
  ],
])('a line %s costs that line alone', async (_, line, problem) => {
  const [one, two] = [jsonLines([first]), jsonLines([third])]
  expect(await read(`${one}${line}\n${two}`)).toEqual({ spans: [first, third], unread: [problem] })
})

test('a last line that is cut short is named, and those before it are read', async () => {
  expect(await read(`${lines}${jsonLines([third]).slice(0, -30)}`)).toEqual({
    spans: [first, second],
    unread: ['line 3: it ends in the middle of a document; what stood before is used'],
  })
})

test('a log that documents were written into is read line by line', async () => {
  const log = `2026-03-04 INFO starting\n${jsonLines([first])}level=info done\n${jsonLines([second])}`
  const { spans, unread } = await read(log)
  expect(spans).toEqual([first, second])
  expect(unread.map((line) => line.slice(0, 7))).toEqual(['line 1:', 'line 3:'])
})

test('more bad lines than anybody reads are counted', async () => {
  const { spans, unread } = await read(`${jsonLines([first])}${'nothing\n'.repeat(30)}`)
  expect(spans).toEqual([first])
  expect(unread).toHaveLength(21)
  expect(unread.at(-1)).toBe('and 10 more like these')
})

test.each([
  ['nothing', '', 'it is empty'],
  ['white space', ' \n\n', 'it is empty'],
  ['gzip of nothing', gzipSync(''), 'it is empty'],
  ['prose', 'These are no traces.', 'expected OTLP traces'],
  ['prose behind a line feed', '\nThese are no traces.', 'expected OTLP traces'],
  ['an empty object', '{}', 'expected OTLP traces'],
  ['other JSON', '{"name":"x"}', 'expected OTLP traces'],
  ['a JSON array', '[]', 'expected OTLP traces'],
  ['other binary', Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'expected OTLP traces'],
  ['zeros', Buffer.alloc(1000), 'expected OTLP traces'],
  [
    'broken protobuf',
    protobufRequest([first]).subarray(0, 40),
    'it ends in the middle of a message',
  ],
  [
    'a request shorter than its length',
    withLength([first]).subarray(0, 40),
    'it ends in the middle of a message',
  ],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), 'unpack it with zstd -d'],
  ['what PowerShell writes', Buffer.from(`\uFEFF${json}`, 'utf16le'), 'write it anew in UTF-8'],
  ['snake case', '{"resource_spans":[]}', 'lowerCamelCase'],
  ['logs', '{"resourceLogs":[]}', 'these are logs, not traces'],
  ['cut JSON', json.slice(0, 100), 'it ends in the middle of a document'],
  ['damaged gzip', gzipSync(json).subarray(0, 30), 'damaged or cut off'],
])('says what is wrong with %s', async (_, document, message) => {
  expect(await read(document)).toEqual({
    spans: [],
    unread: [expect.stringContaining(message)],
  })
})
