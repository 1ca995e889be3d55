import { crc32 } from 'node:zlib'
import type { Origin, SpanGroup } from '../encode-export.ts'

/**
 * One file of the spool: records, appended one behind the other. What stands at the end of a record
 * that the process did not live to write is torn; a disk may flip any bit of any other. So each
 * record begins with a mark to search for and carries its own length and checksum, and a damaged
 * one costs itself only.
 */
export interface Segment {
  readonly path: string
  readonly important: boolean
  /** Bytes that were written whole. */
  bytes: number
  /** Spans in them. */
  spans: number
  /** Damaged records that were there when it was found, and are counted. */
  readonly damaged: number
  /** Groups that were read back and are not settled; unknown before they are read. */
  unsettled: number
}

/** Mark, length of the payload, spans in it, checksum of all three but the mark: 32 bits each. */
const HEADER_BYTES = 16
const MARK = Buffer.from([0x9e, 0x53, 0x57, 0xc5])
/** Of the record that says who recorded the others; no group is empty. */
const NO_SPANS = 0

/** Larger than any request's spans: a length beyond it is damage. */
const PAYLOAD_BYTES_MAX = 16 * 1024 ** 2

export interface Scanned {
  readonly groups: readonly Omit<SpanGroup, 'important'>[]
  /** Records that could not be read. */
  readonly damaged: number
}

export function encodeGroupRecord({ spans, bytes }: Pick<SpanGroup, 'spans' | 'bytes'>): Buffer {
  return encodeRecord(spans, bytes)
}

/** The first record of a segment. */
export function encodeOriginRecord({ resource, scope }: Origin): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(resource.length)
  return encodeRecord(NO_SPANS, Buffer.concat([length, resource, scope]))
}

function encodeRecord(spans: number, payload: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + payload.length)
  MARK.copy(record)
  record.writeUInt32LE(payload.length, 4)
  record.writeUInt32LE(spans, 8)
  record.set(payload, HEADER_BYTES)
  record.writeUInt32LE(checksum(record), 12)
  return record
}

function checksum(record: Buffer): number {
  return crc32(record.subarray(HEADER_BYTES), crc32(record.subarray(4, 12)))
}

/** Every group that is whole, in order; `otherwise` is who recorded them where nothing says so. */
export function scanSegment(bytes: Buffer, otherwise: Origin): Scanned {
  const groups: Omit<SpanGroup, 'important'>[] = []
  let origin = otherwise
  let damaged = 0
  let at = 0
  while (at < bytes.length) {
    const record = recordAt(bytes, at)
    if (record === undefined) {
      damaged += 1
      const next = bytes.indexOf(MARK, at + 1)
      at = next === -1 ? bytes.length : next
      continue
    }
    at += record.length
    const payload = record.subarray(HEADER_BYTES)
    const spans = record.readUInt32LE(8)
    if (spans === NO_SPANS) origin = decodeOriginPayload(payload)
    else groups.push({ bytes: payload, spans, origin })
  }
  return { groups, damaged }
}

function recordAt(bytes: Buffer, at: number): Buffer | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined
  if (!bytes.subarray(at, at + MARK.length).equals(MARK)) return undefined
  const size = bytes.readUInt32LE(at + 4)
  const end = at + HEADER_BYTES + size
  if (size > PAYLOAD_BYTES_MAX || end > bytes.length) return undefined
  const record = bytes.subarray(at, end)
  return checksum(record) === record.readUInt32LE(12) ? record : undefined
}

function decodeOriginPayload(payload: Buffer): Origin {
  const end = 4 + payload.readUInt32LE(0)
  return { resource: payload.subarray(4, end), scope: payload.subarray(end) }
}
