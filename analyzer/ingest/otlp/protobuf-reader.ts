import type { KnownNames } from './known-names.ts'

/** Raised for bytes that are not the message they claim to be; caught where decoding begins. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
export const WIRE_FIXED32 = 5

/**
 * Walks protobuf wire format without copying: every length is checked against what is left before
 * it is believed, so no field can make it allocate more than the input. One reader serves a whole
 * body: `enter` and `leave` move it in and out of embedded messages.
 */
export class ProtobufReader {
  /** The whole body. */
  source: Buffer
  position: number
  /** Of the message that is being read. */
  end: number
  /** Of the field that `next` stepped onto. */
  field = 0
  wire = 0

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.source = toBuffer(bytes)
    this.position = position
    this.end = end
  }

  /** Begins with another body. */
  open(bytes: Uint8Array): void {
    this.source = toBuffer(bytes)
    this.position = 0
    this.end = bytes.length
  }

  /** Steps onto the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false
    const tag = this.#varint32()
    this.field = tag >>> 3
    this.wire = tag & 7
    if (this.field === 0) throw new MalformedError('a field has the number 0')
    return true
  }

  /** Whether the current field is this one; a known field of another wire type is malformed. */
  is(field: number, wire: number): boolean {
    if (this.field !== field) return false
    this.expect(wire)
    return true
  }

  expect(wire: number): void {
    if (this.wire !== wire) {
      throw new MalformedError(`field ${this.field} has wire type ${this.wire}, expected ${wire}`)
    }
  }

  skip(): void {
    switch (this.wire) {
      case WIRE_VARINT:
        this.#skipVarint()
        return
      case WIRE_FIXED64:
        this.#advance(8)
        return
      case WIRE_BYTES:
        this.#advance(this.#varint32())
        return
      case WIRE_FIXED32:
        this.#advance(4)
        return
      default:
        // 3 and 4 are groups, which proto3 does not have; skipping them would need recursion.
        throw new MalformedError(`field ${this.field} has the unknown wire type ${this.wire}`)
    }
  }

  /** Steps into an embedded message; gives what `leave` needs. */
  enter(): number {
    const length = this.#varint32()
    const outerEnd = this.end
    if (length > outerEnd - this.position) throw this.#tooLong()
    this.end = this.position + length
    return outerEnd
  }

  /** Steps behind the embedded message, wherever in it the reader stands. */
  leave(outerEnd: number): void {
    this.position = this.end
    this.end = outerEnd
  }

  /** A reader of its own over an embedded message. */
  message(): ProtobufReader {
    const outerEnd = this.enter()
    const inner = new ProtobufReader(this.source, this.position, this.end)
    this.leave(outerEnd)
    return inner
  }

  /** Reads these bytes of the body next. */
  seek(start: number, end: number): void {
    this.position = start
    this.end = end
  }

  /** A view, not a copy: valid as long as the body is. */
  bytes(): Buffer {
    const length = this.#varint32()
    const start = this.position
    this.#advance(length)
    return this.source.subarray(start, start + length)
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  string(): string {
    const length = this.#varint32()
    const start = this.position
    this.#advance(length)
    return this.source.toString('utf8', start, start + length)
  }

  /** As `string`, for what comes again and again. */
  name(known: KnownNames): string {
    const length = this.#varint32()
    const start = this.position
    this.#advance(length)
    return known.read(this.source, start, start + length)
  }

  /** Lower-case digits. */
  hex(): string {
    const length = this.#varint32()
    const start = this.position
    this.#advance(length)
    return this.source.toString('hex', start, start + length)
  }

  bool(): boolean {
    return this.#varint64() !== 0n
  }

  /** Enums and other small numbers: of a longer one, the low 32 bits, as protobuf has it. */
  uint32(): number {
    const first = this.source[this.position] ?? 0x80
    if (first < 0x80 && this.position < this.end) {
      this.position += 1
      return first
    }
    return Number(this.#varint64() & 0xffff_ffffn)
  }

  /** A JavaScript number where it holds the value exactly, else a bigint. */
  int64(): number | bigint {
    const start = this.position
    let small = 0
    for (let bits = 0; bits < 49; bits += 7) {
      const byte = this.#byte()
      small += (byte & 0x7f) * 2 ** bits
      if (byte < 0x80) return small
    }
    this.position = start
    const value = BigInt.asIntN(64, this.#varint64())
    return value >= MIN_SAFE && value <= MAX_SAFE ? Number(value) : value
  }

  fixed64(): bigint {
    const start = this.position
    this.#advance(8)
    for (let at = 0; at < 8; at += 1) EIGHT.setUint8(at, this.source[start + at] ?? 0)
    return EIGHT.getBigUint64(0, true)
  }

  double(): number {
    const start = this.position
    this.#advance(8)
    return this.source.readDoubleLE(start)
  }

  #byte(): number {
    const byte = this.position < this.end ? this.source[this.position] : undefined
    if (byte === undefined) throw new MalformedError('the message ends inside a number')
    this.position += 1
    return byte
  }

  #advance(count: number): void {
    if (count > this.end - this.position) throw this.#tooLong()
    this.position += count
  }

  #tooLong(): MalformedError {
    return new MalformedError(`field ${this.field} is longer than the message`)
  }

  /** Tags and lengths: five bytes at most, and within 32 bits. Nearly all are one byte. */
  #varint32(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    throw new MalformedError('a tag or length does not fit in 32 bits')
  }

  #varint64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MalformedError('a number is longer than ten bytes')
  }

  #skipVarint(): void {
    for (let count = 0; count < 10; count += 1) {
      if (this.#byte() < 0x80) return
    }
    throw new MalformedError('a number is longer than ten bytes')
  }
}

/** `readBigUInt64LE` puts a number together from four others that are thrown away. */
const EIGHT = new DataView(new ArrayBuffer(8))

const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER)
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

function toBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
