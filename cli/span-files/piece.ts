import type { Encoding } from '../../analyzer/ingest/decode-otlp.ts'
import { JsonMembers } from '../../analyzer/ingest/otlp/json-members.ts'
import { JsonError } from '../../analyzer/ingest/otlp/json-error.ts'
import { JsonTape } from '../../analyzer/ingest/otlp/json-tape.ts'
import {
  MalformedError,
  ProtobufReader,
  WIRE_BYTES,
} from '../../analyzer/ingest/otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../../analyzer/ingest/otlp/protobuf-writer.ts'
import { toJsonText } from '../../analyzer/ingest/otlp/to-json-text.ts'

/** One element of `resourceSpans`. */
export interface Piece {
  /** As they stood in the file. */
  readonly bytes: Buffer
  readonly spans: number
}

export type ReadPiece =
  | { readonly kind: 'piece'; readonly piece: Piece }
  /** `is not JSON`: goes on after its name. */
  | { readonly kind: 'unreadable'; readonly why: string }

/**
 * The largest piece that is held in memory while its end is looked for. What a sender exports at
 * once is a thousandth of it; a document that somebody put together by hand may be one piece.
 */
export const PIECE_BYTES_MAX = 256 * 1024 * 1024

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

/** What is wrong within a span is for whoever decodes it to say. */
export function toPiece(encoding: Encoding, bytes: Buffer): ReadPiece {
  return encoding === 'json' ? toJsonPiece(bytes) : toProtobufPiece(bytes)
}

function toJsonPiece(bytes: Buffer): ReadPiece {
  try {
    const spans = countJsonSpans(toJsonText(bytes))
    if (spans === undefined) return unreadable('is not JSON: expected an object')
    return { kind: 'piece', piece: { bytes, spans } }
  } catch (error: unknown) {
    if (!(error instanceof JsonError)) throw error
    return unreadable(`is ${error.why}`)
  }
}

const TAPE = new JsonTape()
const RESOURCE_SPANS = new JsonMembers(['scopeSpans'])
const SCOPE = new JsonMembers(['spans'])

/** Undefined where the text is no object. Throws `JsonError`. */
function countJsonSpans(text: Buffer): number | undefined {
  TAPE.read(text)
  try {
    if (!RESOURCE_SPANS.read(TAPE, 0)) return undefined
    let spans = 0
    for (const scope of TAPE.itemsOf(RESOURCE_SPANS.at(0))) {
      SCOPE.read(TAPE, scope)
      spans += TAPE.itemsOf(SCOPE.at(0)).length
    }
    return spans
  } finally {
    TAPE.forget()
  }
}

function toProtobufPiece(bytes: Buffer): ReadPiece {
  try {
    return { kind: 'piece', piece: { bytes, spans: countSpans(bytes) } }
  } catch (error: unknown) {
    if (!(error instanceof MalformedError)) throw error
    return unreadable(`is not protobuf: ${error.message}`)
  }
}

function unreadable(why: string): ReadPiece {
  return { kind: 'unreadable', why }
}

/** Parts of a piece with about as many spans, each with its resource and scopes. */
export function split(encoding: Encoding, piece: Piece, count: number): readonly Piece[] {
  const parts = Math.min(count, piece.spans)
  if (parts < 2) return [piece]
  const cut = encoding === 'json' ? jsonCutter(piece) : protobufCutter(piece)
  const ends = Array.from({ length: parts }, (_, index) =>
    Math.round(((index + 1) * piece.spans) / parts),
  )
  return ends.map((to, index) => cut({ from: ends[index - 1] ?? 0, to }))
}

interface Range {
  readonly from: number
  readonly to: number
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

type JsonObject = Readonly<Record<string, unknown>>

/** Written anew: a number beyond 2^53 that was not written as text loses its last digits. */
function jsonCutter({ bytes }: Piece): (range: Range) => Piece {
  const whole = toObject(JSON.parse(toJsonText(bytes).toString()))
  const scopes = listOf(whole, 'scopeSpans').map(toObject)
  const lists = scopes.map((scope) => listOf(scope, 'spans'))
  return (range) => {
    const parts = within(lists, range)
    const scopeSpans = scopes
      .map((scope, index) => ({ ...scope, spans: parts[index] ?? [] }))
      .filter(({ spans }) => spans.length > 0)
    const part = JSON.stringify({ ...whole, scopeSpans })
    return { bytes: Buffer.from(part), spans: range.to - range.from }
  }
}

function toObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function listOf(holder: JsonObject, key: string): readonly unknown[] {
  const value = holder[key]
  return Array.isArray(value) ? value : []
}

const SCOPE_SPANS = 2
const SPANS = 2

/** Throws a `MalformedError` where the bytes are no such element. */
function countSpans(bytes: Buffer): number {
  const reader = new ProtobufReader(bytes)
  let spans = 0
  while (reader.next()) {
    if (reader.field !== SCOPE_SPANS || reader.wire !== WIRE_BYTES) {
      reader.skip()
      continue
    }
    const outerEnd = reader.enter()
    while (reader.next()) {
      if (reader.field === SPANS && reader.wire === WIRE_BYTES) spans += 1
      reader.skip()
    }
    reader.leave(outerEnd)
  }
  return spans
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

function protobufCutter({ bytes }: Piece): (range: Range) => Piece {
  const fields = fieldsOf(bytes)
  const rest = fields.filter(({ field }) => field !== SCOPE_SPANS)
  const scopes = fields
    .filter(({ field }) => field === SCOPE_SPANS)
    .map((scope): ProtobufScope => {
      const inner = fieldsOf(scope.bytes)
      return {
        rest: inner.filter(({ field }) => field !== SPANS),
        spans: inner.flatMap((span) => (span.field === SPANS ? [span.bytes] : [])),
      }
    })
  const lists = scopes.map(({ spans }) => spans)
  return (range) => {
    const parts = within(lists, range)
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
    return { bytes: writer.finish(), spans: range.to - range.from }
  }
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
