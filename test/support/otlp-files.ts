import type { Span } from '../../analyzer/story/span.ts'
import { jsonRequest, protobufRequest } from './otlp.ts'

/** The same spans as each kind of file that tools write. */
export const FILE_FORMATS: readonly (readonly [
  name: string,
  write: (spans: readonly Span[]) => Buffer,
])[] = [
  ['JSON on one line', (spans) => Buffer.from(JSON.stringify(jsonRequest(spans)))],
  ['JSON over many lines', (spans) => Buffer.from(JSON.stringify(jsonRequest(spans), null, 2))],
  ['JSON behind a byte order mark', (spans) => Buffer.from(`\uFEFF${jsonLines(spans)}`)],
  ['a JSON document per line', (spans) => Buffer.from(jsonLines(spans))],
  [
    'a JSON document per line, of Windows',
    (spans) => Buffer.from(jsonLines(spans).replaceAll('\n', '\r\n')),
  ],
  ['JSON documents over many lines', (spans) => Buffer.from(jsonDocuments(spans))],
  ['protobuf', protobufRequest],
  [
    'protobuf messages in a row',
    (spans) => Buffer.concat(spans.map((span) => protobufRequest([span]))),
  ],
  ['protobuf behind lengths', (spans) => Buffer.concat(spans.map((span) => withLength([span])))],
]

export function jsonLines(spans: readonly Span[]): string {
  return spans.map((span) => `${JSON.stringify(jsonRequest([span]))}\n`).join('')
}

function jsonDocuments(spans: readonly Span[]): string {
  return spans.map((span) => `${JSON.stringify(jsonRequest([span]), null, '\t')}\n\n`).join('')
}

/** As the Collector's file exporter writes protobuf: four bytes, the highest first. */
export function withLength(spans: readonly Span[]): Buffer {
  const message = protobufRequest(spans)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}
