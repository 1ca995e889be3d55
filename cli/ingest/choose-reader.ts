import { JsonDocumentReader } from './json-document-reader.ts'
import { JsonLinesReader } from './json-lines-reader.ts'
import { ProtobufFileReader } from './protobuf-file-reader.ts'
import type { SpanFileReader } from './span-file-reader.ts'

/** What is looked at of a file in order to tell what it is. */
export const PEEK_BYTES = 1024 * 1024

export type Chosen =
  | { readonly kind: 'reader'; readonly reader: SpanFileReader }
  | { readonly kind: 'unknown'; readonly message: string }

const BYTE_ORDER_MARK = /^\xef\xbb\xbf/u
/**
 * White space, a brace, and a key: bytes of protobuf that happen to begin so go on with a control
 * character, which no key of JSON does.
 */
const JSON_START = /^\s*\{\s*(?:"[^\p{Cc}]|\})/u
/** A line that begins another document. */
const NEXT_DOCUMENT = /^\{\s*"/u
const FIELD_1 = 0x0a
/** Below it a byte is no tag, for no field has the number 0: it begins a length. */
const LOWEST_TAG = 0x08

/** By the beginning of the decompressed content, never by the name. */
export function chooseReader(start: Buffer): Chosen {
  const text = start.toString('latin1').replace(BYTE_ORDER_MARK, '')
  if (JSON_START.test(text)) {
    const reader = isOnePerLine(text) ? new JsonLinesReader() : new JsonDocumentReader()
    return { kind: 'reader', reader }
  }
  const [first] = start
  if (first === undefined) return unknown('it is empty')
  if (isZstd(start)) {
    return unknown('it is compressed with zstd, which is not read here; unpack it with zstd -d')
  }
  if (first === FIELD_1) return protobuf(false)
  if (first < LOWEST_TAG && start.length > 4) return protobuf(true)
  return unknown(
    'expected OTLP traces: JSON with "resourceSpans", one such document per line, or protobuf (plain or gzip)',
  )
}

function protobuf(hasLengths: boolean): Chosen {
  return { kind: 'reader', reader: new ProtobufFileReader({ hasLengths }) }
}

function unknown(message: string): Chosen {
  return { kind: 'unknown', message }
}

/**
 * One whole document on the first line, or another that begins on the second; also one line that
 * is longer than what is looked at.
 */
function isOnePerLine(text: string): boolean {
  const lines = text.trimStart().split('\n', 2)
  const [first = '', second] = lines
  if (second === undefined || NEXT_DOCUMENT.test(second)) return true
  try {
    JSON.parse(first)
    return true
  } catch {
    return false
  }
}

/** Plain, or behind a length, as the Collector's file exporter writes it. */
function isZstd(start: Buffer): boolean {
  return [0, 4].some((at) => start.length >= at + 4 && start.readUInt32BE(at) === 0x28b52ffd)
}
