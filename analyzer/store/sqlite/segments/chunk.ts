import { crc32 } from 'node:zlib'

import type { SpanRecord } from '../../span-record.ts'
import { hasTraceId, TRACE_ID_AT, TRACE_ID_END } from './stored-ids.ts'

/**
 * The bytes of a chunk: its spans as field 2 of an OTLP `ScopeSpans`, which any OTLP tool reads.
 * What is read back is believed no more than what a sender sends: a disk can damage it.
 */
const SPANS_TAG = 0x12

/** As much of a chunk as holds its trace id: tag, a length of up to five bytes, the id. */
export const CHUNK_HEAD_BYTES = 1 + 5 + TRACE_ID_END

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
  if (start === undefined || head.length < start + TRACE_ID_END) return undefined
  return hasTraceId(head, start)
    ? head.toString('hex', start + TRACE_ID_AT, start + TRACE_ID_END)
    : undefined
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
