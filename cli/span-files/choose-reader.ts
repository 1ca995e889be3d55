import { JsonFileReader } from './json-file-reader.ts'
import { ProtobufFileReader } from './protobuf-file-reader.ts'
import type { SpanFileReader } from './span-file-reader.ts'

/** What is looked at of a file in order to tell what it is. */
export const PEEK_BYTES = 1024 * 1024

export type Chosen =
  | { readonly kind: 'reader'; readonly reader: SpanFileReader }
  | { readonly kind: 'unknown'; readonly message: string }

const BYTE_ORDER_MARK = /^\xef\xbb\xbf/u
/** The mark that begins UTF-16, of either order. */
const UTF_16 = /^(?:\xff\xfe|\xfe\xff)/u
/**
 * White space, a brace, and a key: bytes of protobuf that happen to begin so go on with a control
 * character, which no key of JSON does.
 */
const JSON_START = /^\s*(?:\[\s*)?\{\s*(?:"[^\p{Cc}]|\})/u
/** A line that begins a document. */
const DOCUMENT_LINE = /^\{[ \t]*"resource(?:Spans|Logs|Metrics)"/mu
/** Any span in protobuf holds such bytes; those from 0x7f on are part of UTF-8. */
const BINARY = /[^\P{Cc}\s\x7f-\x9f]/u
const FIELD_1 = 0x0a
/** Below it a byte is no tag, for no field has the number 0: it begins a length. */
const LOWEST_TAG = 0x08
const LENGTH_BYTES = 4

const EXPECTED =
  'expected OTLP traces: JSON with "resourceSpans", one such document per line, or protobuf (plain or gzip)'

/** By the beginning of the decompressed content, never by the name. */
export function chooseReader(start: Buffer): Chosen {
  const latin1 = start.toString('latin1')
  if (UTF_16.test(latin1)) {
    return unknown('it is text in UTF-16, as PowerShell writes it; write it anew in UTF-8')
  }
  const text = latin1.replace(BYTE_ORDER_MARK, '')
  if (text.trim() === '') return unknown('it is empty')
  if (JSON_START.test(text)) return json({ onePerLine: isOnePerLine(text) })
  if (!BINARY.test(text)) {
    // A log that documents were written into, or a file whose beginning was cut off.
    return DOCUMENT_LINE.test(text) ? json({ onePerLine: true }) : unknown(EXPECTED)
  }
  if (isZstd(start)) {
    return unknown('it is compressed with zstd, which is not read here; unpack it with zstd -d')
  }
  const first = start[0] ?? 0
  if (first === FIELD_1) return protobuf({ hasLengths: false })
  if (first < LOWEST_TAG && start[LENGTH_BYTES] === FIELD_1) return protobuf({ hasLengths: true })
  return unknown(EXPECTED)
}

function json(options: { readonly onePerLine: boolean }): Chosen {
  return { kind: 'reader', reader: new JsonFileReader(options) }
}

function protobuf(options: { readonly hasLengths: boolean }): Chosen {
  return { kind: 'reader', reader: new ProtobufFileReader(options) }
}

function unknown(message: string): Chosen {
  return { kind: 'unknown', message }
}

/**
 * Whole documents on the first line, or another that begins on the next one; also one line that is
 * longer than what is looked at.
 */
function isOnePerLine(text: string): boolean {
  const [first = '', second] = text.trim().split(/\s*\n/u, 2)
  if (second === undefined || isWhole(first)) return true
  // The documents of a list may well begin on lines of their own.
  return !first.startsWith('[') && DOCUMENT_LINE.test(second)
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** Plain, or behind a length, as the Collector's file exporter writes it. */
function isZstd(start: Buffer): boolean {
  return [0, LENGTH_BYTES].some(
    (at) => start.length >= at + 4 && start.readUInt32BE(at) === 0x28b52ffd,
  )
}
