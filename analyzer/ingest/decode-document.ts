import { parseJson, readRequest } from './decode-json.ts'
import { decodeOtlp, orMalformed } from './decode-otlp.ts'
import { SpanSink, type Decoded, type DecodedSpans } from './decoded.ts'
import { inflate, isGzip } from './inflate.ts'
import { MalformedError } from './protobuf-reader.ts'
import { stripContent } from './strip-content.ts'

export interface DocumentOptions {
  /** Makes the hashes of this run comparable with each other, and with nothing else. */
  readonly salt: Uint8Array
}

/** Of a file after decompression: what fits into memory with room to spare. */
export const DOCUMENT_BYTES_MAX = 256 * 1024 * 1024

const OPEN_BRACE = 0x7b
const NEWLINE = 0x0a
/** `resource_spans` of an export request; our own fixtures and recordings begin so. */
const RESOURCE_SPANS_TAG = 0x0a

/**
 * Reads a file of traces, told by its content and never by its name: OTLP/JSON, one such document
 * per line (the Collector's file exporter), or `ExportTraceServiceRequest` messages in a row; each
 * plain or gzip. Content is stripped from the spans.
 */
export function decodeDocument(bytes: Uint8Array, options: DocumentOptions): Decoded {
  const plain = unpack(bytes)
  if (plain.kind === 'malformed') return plain
  const decoded = decodePlain(plain.body)
  if (decoded.kind === 'malformed') return decoded
  return { ...decoded, spans: stripContent(decoded.spans, options) }
}

type Unpacked =
  | { readonly kind: 'plain'; readonly body: Uint8Array }
  | { readonly kind: 'malformed'; readonly message: string }

function unpack(bytes: Uint8Array): Unpacked {
  if (bytes.length === 0) return malformed('it is empty')
  if (!isGzip(bytes)) {
    return bytes.length > DOCUMENT_BYTES_MAX ? malformed(TOO_LARGE) : { kind: 'plain', body: bytes }
  }
  const inflated = inflate(bytes, DOCUMENT_BYTES_MAX)
  switch (inflated.kind) {
    case 'inflated':
      return inflated.body.length === 0
        ? malformed('it is empty')
        : { kind: 'plain', body: inflated.body }
    case 'too-large':
      return malformed(TOO_LARGE)
    case 'malformed':
      return malformed('it begins like gzip but is damaged or cut off')
  }
}

const TOO_LARGE = `it is larger than ${DOCUMENT_BYTES_MAX / 1024 / 1024} MiB; split it`

const EXPECTED =
  'expected OTLP traces: JSON with "resourceSpans", one such document per line, or protobuf'

function decodePlain(body: Uint8Array): Decoded {
  // A line feed is also the first byte of a protobuf request, so protobuf is tried first; text that
  // decodes as one does not exist in practice, for its lengths would all have to fit.
  if (body[0] === RESOURCE_SPANS_TAG) {
    const decoded = decodeOtlp(body, 'protobuf')
    if (decoded.kind === 'decoded' || firstVisible(body) !== OPEN_BRACE) {
      return decoded.kind === 'decoded' ? decoded : notOtlp(decoded.message)
    }
  }
  if (firstVisible(body) !== OPEN_BRACE) return notOtlp()
  return orMalformed(() => decodeJsonLines(body))
}

/** One document over many lines, or one per line. */
function decodeJsonLines(body: Uint8Array): DecodedSpans {
  const sink = new SpanSink()
  for (const line of linesOf(body)) {
    // The first line of an indented document is none by itself.
    if (line.first && !isWhole(line.bytes)) {
      readDocument(body, sink)
      break
    }
    try {
      readDocument(line.bytes, sink)
    } catch (error: unknown) {
      if (!(error instanceof MalformedError)) throw error
      throw new MalformedError(`line ${line.number}: ${error.message}`, { cause: error })
    }
  }
  return sink.result()
}

function readDocument(bytes: Uint8Array, sink: SpanSink): void {
  const document = parseJson(bytes)
  const isTraces =
    typeof document === 'object' && document !== null && Object.hasOwn(document, 'resourceSpans')
  // The names that are nearly right have messages of their own.
  readRequest(document, sink)
  if (!isTraces) throw new MalformedError(EXPECTED)
}

/** Whether a line is a document of its own: the first line of an indented one is not. */
function isWhole(line: Uint8Array): boolean {
  try {
    parseJson(line)
    return true
  } catch (error: unknown) {
    if (error instanceof MalformedError) return false
    throw error
  }
}

interface Line {
  readonly number: number
  readonly first: boolean
  readonly bytes: Uint8Array
}

function* linesOf(body: Uint8Array): Generator<Line> {
  let number = 0
  let first = true
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf(NEWLINE, start)
    const end = newline === -1 ? body.length : newline
    number += 1
    const bytes = body.subarray(start, end)
    if (firstVisible(bytes) !== undefined) {
      yield { number, first, bytes }
      first = false
    }
    start = end + 1
  }
}

/** Past white space and a byte order mark. */
function firstVisible(bytes: Uint8Array): number | undefined {
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  for (let index = bom; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0
    if (byte > 0x20) return byte
  }
  return undefined
}

function notOtlp(why?: string): Decoded {
  return malformed(why === undefined ? EXPECTED : `${EXPECTED}; as protobuf: ${why}`)
}

function malformed(message: string): { readonly kind: 'malformed'; readonly message: string } {
  return { kind: 'malformed', message }
}
