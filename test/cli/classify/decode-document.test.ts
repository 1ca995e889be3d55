import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { decodeDocument } from '../../../cli/classify/decode-document.ts'
import { buildSpan, jsonRequest, protobufRequest } from '../../support/otlp.ts'

const salt = Buffer.from('salt')
const decode = (document: string | Uint8Array) => decodeDocument(Buffer.from(document), { salt })

const first = buildSpan({ spanId: '0000000000000001' })
const second = buildSpan({ spanId: '0000000000000002' })
const both = { kind: 'decoded', spans: [first, second], rejected: 0, reasons: {} }
const json = JSON.stringify(jsonRequest([first, second]))
const lines = `${JSON.stringify(jsonRequest([first]))}\n${JSON.stringify(jsonRequest([second]))}`

/** As the Collector's file exporter writes protobuf. */
function behindLengths(...requests: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    requests.flatMap((request) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(request.length)
      return [length, request]
    }),
  )
}

test.each([
  ['JSON', json],
  ['indented JSON', JSON.stringify(jsonRequest([first, second]), null, 2)],
  ['JSON behind a byte order mark and white space', `\uFEFF \n${json}\n`],
  ['a document per line', lines],
  ['lines with CRLF, blank ones and a last line feed', `\n${lines.replace('\n', '\r\n\n')}\n`],
  ['protobuf', protobufRequest([first, second])],
  [
    'requests behind their lengths',
    behindLengths(...[first, second].map((span) => protobufRequest([span]))),
  ],
  ['requests in a row', Buffer.concat([protobufRequest([first]), protobufRequest([second])])],
])('told by its content: %s, plain and gzip', (_, document) => {
  expect(decode(document)).toEqual(both)
  expect(decode(gzipSync(document))).toEqual(both)
})

test('content is stripped from what is returned', () => {
  const canary = buildSpan({ attributes: { 'gen_ai.prompt': 'seven umbrellas' } })
  const result = decode(protobufRequest([canary]))
  expect(result.kind === 'decoded' ? result.spans[0]?.attributes.get('gen_ai.prompt') : '').toMatch(
    /^\{"secondwindShape":1/u,
  )
})

test('bad spans are counted, and the rest is read', () => {
  expect(decode(protobufRequest([first, buildSpan({ traceId: '' })]))).toMatchObject({
    spans: [first],
    rejected: 1,
    reasons: { 'trace-id-invalid': 1 },
  })
})

test.each([
  ['nothing', '', 'it is empty'],
  ['gzip of nothing', gzipSync(''), 'it is empty'],
  ['prose', 'These are no traces.', 'expected OTLP traces'],
  ['an empty object', '{}', 'expected OTLP traces'],
  ['other JSON', '{"name":"x"}', 'expected OTLP traces'],
  ['a JSON array', '[]', 'expected OTLP traces'],
  ['other binary', Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'expected OTLP traces'],
  ['broken protobuf', protobufRequest([first]).subarray(0, 40), 'as protobuf'],
  [
    'a request shorter than its length',
    behindLengths(protobufRequest([first])).subarray(0, 40),
    'as protobuf: byte',
  ],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), 'unpack it with zstd -d'],
  ['snake case', '{"resource_spans":[]}', 'lowerCamelCase'],
  ['logs', '{"resourceLogs":[]}', 'these are logs, not traces'],
  ['cut JSON', json.slice(0, 100), 'the body is not JSON'],
  ['a bad third line', `${lines}\n{"resourceSpans":`, 'line 3: the body is not JSON'],
  ['damaged gzip', gzipSync(json).subarray(0, 60), 'damaged or cut off'],
])('says what is wrong with %s', (_, document, message) => {
  expect(decode(document)).toEqual({
    kind: 'malformed',
    message: expect.stringContaining(message) as unknown,
  })
})
