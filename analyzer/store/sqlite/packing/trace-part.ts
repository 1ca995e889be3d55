import {
  MalformedError,
  ProtobufReader,
  WIRE_BYTES,
  WIRE_VARINT,
} from '../../../ingest/otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../../../ingest/otlp/protobuf-writer.ts'

/**
 * What a block holds, before it is compressed: a protobuf message whose field 1, repeated, is a
 * part of a trace, whose field 1, repeated, is a chunk: 1 row, 2 context, 3 received at, 4 earliest
 * start, 5 spans.
 */

/** Spans of one trace and context that came in one commit. */
export interface PackedChunk {
  /** Its own place in the order of arrival, within the segment. */
  readonly row: number
  readonly contextId: number
  readonly receivedMs: number
  /** Of the span that starts first. */
  readonly startUs: number
  /** `repeated Span spans = 2` of an OTLP `ScopeSpans`. */
  readonly bytes: Buffer
}

export function encodeTracePart(chunks: readonly PackedChunk[]): Buffer {
  const writer = new ProtobufWriter()
  writer.messageField(1, (part) => {
    for (const chunk of chunks) {
      part.messageField(1, (message) => {
        message.varintField(1, chunk.row)
        message.varintField(2, chunk.contextId)
        message.varintField(3, chunk.receivedMs)
        message.varintField(4, chunk.startUs)
        message.bytesField(5, chunk.bytes)
      })
    }
  })
  return writer.finish()
}

/** The part that begins there. Throws `MalformedError` where none does. */
export function decodeTracePart(block: Buffer, offset: number): readonly PackedChunk[] {
  const reader = new ProtobufReader(block, offset)
  if (!reader.next() || !reader.is(1, WIRE_BYTES)) throw new MalformedError('no part begins here')
  return readPart(reader.message())
}

function readPart(part: ProtobufReader): readonly PackedChunk[] {
  const chunks: PackedChunk[] = []
  while (part.next()) {
    if (part.is(1, WIRE_BYTES)) chunks.push(readChunk(part.message()))
    else part.skip()
  }
  return chunks
}

function readChunk(message: ProtobufReader): PackedChunk {
  let chunk: PackedChunk = { row: 0, contextId: 0, receivedMs: 0, startUs: 0, bytes: NOTHING }
  while (message.next()) {
    if (message.is(1, WIRE_VARINT)) chunk = { ...chunk, row: Number(message.int64()) }
    else if (message.is(2, WIRE_VARINT)) chunk = { ...chunk, contextId: Number(message.int64()) }
    else if (message.is(3, WIRE_VARINT)) chunk = { ...chunk, receivedMs: Number(message.int64()) }
    else if (message.is(4, WIRE_VARINT)) chunk = { ...chunk, startUs: Number(message.int64()) }
    else if (message.is(5, WIRE_BYTES)) chunk = { ...chunk, bytes: message.bytes() }
    else message.skip()
  }
  return chunk
}

const NOTHING = Buffer.alloc(0)
