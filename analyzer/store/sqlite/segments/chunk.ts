import { crc32 } from 'node:zlib'

import type { SpanRecord } from '../../span-record.ts'

/**
 * The bytes of a chunk: its spans as field 2 of an OTLP `ScopeSpans`, which any OTLP tool reads.
 * What is read back is believed no more than what a sender sends: a disk can damage it.
 */
const SPANS_TAG = 0x12
const TRACE_ID_TAG = 0x0a
const SPAN_ID_TAG = 0x12
const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/** Tag and length of both ids, and the ids. */
const IDS_BYTES = 2 + TRACE_ID_BYTES + 2 + SPAN_ID_BYTES
const TRACE_ID_AT = 2
const SPAN_ID_AT = IDS_BYTES - SPAN_ID_BYTES

/** As much of a chunk as holds its trace id: tag, a length of up to five bytes, the id. */
export const CHUNK_HEAD_BYTES = 1 + 5 + TRACE_ID_AT + TRACE_ID_BYTES

/** Writes chunks into one buffer, again and again: what is bound to a statement is copied there. */
export class ChunkEncoder {
  #bytes = Buffer.allocUnsafe(64 * 1024)

  /** Valid until the next call. */
  encode(records: readonly SpanRecord[]): Buffer {
    let length = 0
    for (const { bytes } of records) length += chunkBytes(bytes.length)
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(length)
    let at = 0
    for (const { bytes } of records) {
      this.#bytes[at] = SPANS_TAG
      at = this.#varint(at + 1, bytes.length)
      this.#bytes.set(bytes, at)
      at += bytes.length
    }
    return this.#bytes.subarray(0, length)
  }

  #varint(position: number, value: number): number {
    let at = position
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[at] = (rest & 0x7f) | 0x80
      at += 1
      rest >>>= 7
    }
    this.#bytes[at] = rest
    return at + 1
  }
}

/** What a span of so many bytes takes in a chunk. */
export function chunkBytes(spanBytes: number): number {
  let length = 2 + spanBytes
  for (let rest = spanBytes; rest >= 0x80; rest >>>= 7) length += 1
  return length
}

/** Whose the spans of a chunk are: it would be another truth with other spans. */
export interface ChunkOwner {
  readonly sourceId: number
  readonly contextId: number
  readonly receivedMs: number
}

/** CRC-32, of the owner first. */
export function sumOfChunk(bytes: Buffer, { sourceId, contextId, receivedMs }: ChunkOwner): number {
  OWNER.writeUInt32LE(sourceId, 0)
  OWNER.writeUInt32LE(contextId, 4)
  OWNER.writeDoubleLE(receivedMs, 8)
  return crc32(bytes, crc32(OWNER))
}

/** Written anew for each chunk. */
const OWNER = Buffer.alloc(16)

export interface SplitChunk {
  /** Views of the chunk's bytes, one for each span. */
  readonly spans: readonly Buffer[]
  /** What stands behind them is no span. */
  readonly damaged: boolean
}

export function splitChunk(bytes: Buffer): SplitChunk {
  const spans: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const start = lengthEnd(bytes, at)
    if (start === undefined) return { spans, damaged: true }
    const end = start + lengthAt(bytes, at + 1)
    if (end > bytes.length) return { spans, damaged: true }
    spans.push(bytes.subarray(start, end))
    at = end
  }
  return { spans, damaged: spans.length === 0 }
}

/** Of the first span of a chunk, as hex, though no more of it than `CHUNK_HEAD_BYTES` is given. */
export function traceIdOfChunk(head: Buffer): string | undefined {
  const start = lengthEnd(head, 0)
  if (start === undefined || head.length < start + TRACE_ID_AT + TRACE_ID_BYTES) return undefined
  return head[start] === TRACE_ID_TAG && head[start + 1] === TRACE_ID_BYTES
    ? head.toString('hex', start + TRACE_ID_AT, start + TRACE_ID_AT + TRACE_ID_BYTES)
    : undefined
}

/** Whether the ids stand where a stored span has them. */
export function hasIds(span: Buffer): boolean {
  return (
    span.length >= IDS_BYTES &&
    span[0] === TRACE_ID_TAG &&
    span[1] === TRACE_ID_BYTES &&
    span[SPAN_ID_AT - 2] === SPAN_ID_TAG &&
    span[SPAN_ID_AT - 1] === SPAN_ID_BYTES
  )
}

/** One character for each byte: shorter to make and to compare than hex. */
export function traceKeyOf(span: Buffer): string {
  return span.toString('latin1', TRACE_ID_AT, TRACE_ID_AT + TRACE_ID_BYTES)
}

export function spanKeyOf(span: Buffer): string {
  return span.toString('latin1', SPAN_ID_AT, IDS_BYTES)
}

/** Where the length of the field at `at` ends, and its bytes begin. */
function lengthEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes[at] !== SPANS_TAG) return undefined
  for (let end = at + 1; end < at + 6; end += 1) {
    const byte = bytes[end]
    if (byte === undefined) return undefined
    if (byte < 0x80) return end + 1
  }
  return undefined
}

function lengthAt(bytes: Buffer, position: number): number {
  let value = 0
  let scale = 1
  for (let at = position; ; at += 1) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 128
  }
}
