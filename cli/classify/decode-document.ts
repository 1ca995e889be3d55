import type { SpanRecord } from '../../analyzer/store/span-record.ts'
import type { Span } from '../../analyzer/story/span.ts'
import {
  type Decoded,
  type DecodedRecords,
  type Malformed,
  orMalformed,
} from '../../analyzer/ingest/otlp/decoded.ts'
import { type RejectCounts, Rejections } from '../../analyzer/ingest/otlp/rejections.ts'
import { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import { decodeContext, decodeSpan } from '../../analyzer/ingest/otlp/decode-span.ts'
import { inflate, isGzip } from '../../analyzer/ingest/inflate.ts'
import { SPANS_MAX } from '../../analyzer/ingest/limits.ts'
import { isObject, parseJson } from '../../analyzer/ingest/otlp/parse-json.ts'
import { MalformedError } from '../../analyzer/ingest/otlp/protobuf-reader.ts'
import type { SpanContext } from '../../analyzer/ingest/otlp/span-context.ts'
import { chooseReader, PEEK_BYTES } from '../ingest/choose-reader.ts'
import { encodeRequest, type Piece } from '../ingest/piece.ts'
import { describePlace } from '../ingest/span-file-reader.ts'

/** What came of a file: every span in it is in `spans` or `rejected`. */
export interface DecodedSpans {
  readonly spans: readonly Span[]
  readonly rejected: number
  readonly reasons: RejectCounts
}

export type DecodedDocument = ({ readonly kind: 'decoded' } & DecodedSpans) | Malformed

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
export function decodeDocument(bytes: Uint8Array, options: DocumentOptions): DecodedDocument {
  const plain = unpack(bytes)
  if (plain.kind === 'malformed') return plain
  const decoded = decodePlain(plain.body, new OtlpDecoder(options))
  if (decoded.kind === 'malformed') return decoded
  const { records, rejected, reasons } = decoded
  return { kind: 'decoded', spans: toSpans(records), rejected, reasons }
}

/** The spans that these records are; those of one context share their resource. */
export function toSpans(records: readonly SpanRecord[]): readonly Span[] {
  const contexts = new Map<string, SpanContext>()
  return records.map(({ bytes, context }) => {
    const known = contexts.get(context.hash) ?? decodeContext(context.bytes)
    contexts.set(context.hash, known)
    return decodeSpan(bytes, known)
  })
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

function decodePlain(body: Uint8Array, decoder: OtlpDecoder): Decoded {
  // A line feed is also the first byte of a protobuf request, so protobuf is tried first; text that
  // decodes as one does not exist in practice, for its lengths would all have to fit.
  if (body[0] === RESOURCE_SPANS_TAG) {
    const decoded = decoder.decode(body, 'protobuf')
    if (decoded.kind === 'decoded' || firstVisible(body) !== OPEN_BRACE) {
      return decoded.kind === 'decoded' ? decoded : notOtlp(decoded.message)
    }
  }
  if (firstVisible(body) === OPEN_BRACE) return decodeJsonLines(body, decoder)
  return decodeFramed(Buffer.from(body.buffer, body.byteOffset, body.length), decoder)
}

/** What `ingest` reads besides: messages behind their lengths, of the Collector's file exporter. */
function decodeFramed(body: Buffer, decoder: OtlpDecoder): Decoded {
  const chosen = chooseReader(body.subarray(0, PEEK_BYTES))
  if (chosen.kind === 'unknown') return malformed(chosen.message)
  const { reader } = chosen
  const pieces: Piece[] = []
  for (const found of [...reader.push(body), ...reader.end()]) {
    if (found.kind === 'problem') return notOtlp(`${describePlace(found.at)}: ${found.message}`)
    pieces.push(found.piece)
  }
  return decoder.decode(encodeRequest(reader.encoding, pieces), reader.encoding)
}

/** One document over many lines, or one per line. */
function decodeJsonLines(body: Uint8Array, decoder: OtlpDecoder): Decoded {
  const total = new Total()
  for (const line of linesOf(body)) {
    // The first line of an indented document is none by itself.
    if (line.first && !isWhole(line.bytes)) return decodeOne(body, decoder)
    const decoded = decodeOne(line.bytes, decoder)
    if (decoded.kind === 'malformed') return malformed(`line ${line.number}: ${decoded.message}`)
    total.add(decoded)
  }
  return total.result()
}

function decodeOne(bytes: Uint8Array, decoder: OtlpDecoder): Decoded {
  return orMalformed(() => {
    const document = parseJson(bytes)
    const decoded = decoder.decodeParsed(document)
    const isTraces = isObject(document) && Object.hasOwn(document, 'resourceSpans')
    // The names that are nearly right have messages of their own.
    return decoded.kind === 'malformed' || isTraces ? decoded : malformed(EXPECTED)
  })
}

/** The documents of a file together, within the limits of one. */
class Total {
  readonly #records: SpanRecord[] = []
  readonly #rejections = new Rejections()

  add({ records, reasons }: DecodedRecords): void {
    for (const record of records) {
      if (this.#records.length < SPANS_MAX) this.#records.push(record)
      else this.#rejections.add('too-many-spans')
    }
    this.#rejections.addAll(reasons)
  }

  result(): Decoded {
    return {
      kind: 'decoded',
      records: this.#records,
      rejected: this.#rejections.total,
      reasons: this.#rejections.reasons(),
      notes: [],
    }
  }
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
