import type { Encoding } from '../../analyzer/ingest/decode-otlp.ts'
import { ProtobufReader, WIRE_BYTES } from '../../analyzer/ingest/otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../../analyzer/ingest/otlp/protobuf-writer.ts'

/** One element of `resourceSpans`, as the bytes that stood in the file. */
export interface Piece {
  readonly bytes: Buffer
  readonly spans: number
}

/** The largest piece, or line, that is held in memory while its end is looked for. */
export const PIECE_BYTES_MAX = 64 * 1024 * 1024

/** An `ExportTraceServiceRequest`: of pieces it is made by putting them in a row. */
export function encodeRequest(encoding: Encoding, pieces: readonly Piece[]): Buffer {
  if (encoding === 'json') {
    const list = pieces.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [COMMA, bytes]))
    return Buffer.concat([Buffer.from('{"resourceSpans":['), ...list, Buffer.from(']}')])
  }
  const request = new ProtobufWriter()
  for (const { bytes } of pieces) request.bytesField(1, bytes)
  return request.finish()
}

const COMMA = Buffer.from(',')

/**
 * Throws where the bytes are no such element; what is wrong within a span is the analyzer's to say.
 */
export function toPiece(encoding: Encoding, bytes: Buffer): Piece {
  const scopes = encoding === 'json' ? jsonScopes(bytes) : protobufScopes(bytes).scopes
  return { bytes, spans: scopes.reduce((sum, { spans }) => sum + spans.length, 0) }
}

/** Two halves of a piece, each with its resource and scopes; itself where it cannot be halved. */
export function halve(encoding: Encoding, piece: Piece): readonly Piece[] {
  if (piece.spans < 2) return [piece]
  const middle = Math.ceil(piece.spans / 2)
  return [
    [0, middle],
    [middle, piece.spans],
  ].map(([from = 0, to = 0]) => ({ bytes: cut(encoding, piece, { from, to }), spans: to - from }))
}

interface Range {
  readonly from: number
  readonly to: number
}

function cut(encoding: Encoding, { bytes }: Piece, range: Range): Buffer {
  return encoding === 'json' ? cutJson(bytes, range) : cutProtobuf(bytes, range)
}

/** The part of each list that lies within a range over all of them. */
function within<T>(
  lists: readonly (readonly T[])[],
  { from, to }: Range,
): readonly (readonly T[])[] {
  let before = 0
  return lists.map((list) => {
    const part = list.slice(Math.max(0, from - before), Math.max(0, to - before))
    before += list.length
    return part
  })
}

interface JsonScope extends Record<string, unknown> {
  readonly spans: readonly unknown[]
}

function jsonScopes(bytes: Buffer): readonly JsonScope[] {
  const element: unknown = JSON.parse(bytes.toString())
  if (!isRecord(element)) throw new SyntaxError('resourceSpans holds something that is no object')
  const { scopeSpans } = element
  if (!Array.isArray(scopeSpans)) return []
  return scopeSpans.filter(isRecord).map((scope) => ({
    ...scope,
    spans: Array.isArray(scope['spans']) ? scope['spans'] : [],
  }))
}

/** Written anew: a number beyond 2^53 that was not written as text loses its last digits. */
function cutJson(bytes: Buffer, range: Range): Buffer {
  const element: unknown = JSON.parse(bytes.toString())
  const scopes = jsonScopes(bytes)
  const parts = within(
    scopes.map(({ spans }) => spans),
    range,
  )
  const scopeSpans = scopes
    .map((scope, index) => ({ ...scope, spans: parts[index] ?? [] }))
    .filter(({ spans }) => spans.length > 0)
  return Buffer.from(JSON.stringify({ ...(isRecord(element) ? element : {}), scopeSpans }))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface ProtobufScope {
  /** All of `ScopeSpans` but its spans. */
  readonly rest: readonly ProtobufField[]
  readonly spans: readonly Buffer[]
}
interface ProtobufField {
  readonly field: number
  readonly bytes: Buffer
}

const SCOPE_SPANS = 2
const SPANS = 2

function protobufScopes(bytes: Buffer) {
  const fields = fieldsOf(bytes)
  const scopes = fields
    .filter(({ field }) => field === SCOPE_SPANS)
    .map((scope): ProtobufScope => {
      const inner = fieldsOf(scope.bytes)
      return {
        rest: inner.filter(({ field }) => field !== SPANS),
        spans: inner.flatMap((span) => (span.field === SPANS ? [span.bytes] : [])),
      }
    })
  return { rest: fields.filter(({ field }) => field !== SCOPE_SPANS), scopes }
}

function cutProtobuf(bytes: Buffer, range: Range): Buffer {
  const { rest, scopes } = protobufScopes(bytes)
  const parts = within(
    scopes.map(({ spans }) => spans),
    range,
  )
  const writer = new ProtobufWriter()
  for (const { field, bytes: value } of rest) writer.bytesField(field, value)
  for (const [index, scope] of scopes.entries()) {
    const spans = parts[index] ?? []
    if (spans.length === 0) continue
    writer.messageField(SCOPE_SPANS, (scopeSpans) => {
      for (const { field, bytes: value } of scope.rest) scopeSpans.bytesField(field, value)
      for (const span of spans) scopeSpans.bytesField(SPANS, span)
    })
  }
  return writer.finish()
}

/** What has a length, which is all that OTLP knows at these two levels. */
function fieldsOf(bytes: Buffer): readonly ProtobufField[] {
  const reader = new ProtobufReader(bytes)
  const fields: ProtobufField[] = []
  while (reader.next()) {
    if (reader.wire === WIRE_BYTES) fields.push({ field: reader.field, bytes: reader.bytes() })
    else reader.skip()
  }
  return fields
}
