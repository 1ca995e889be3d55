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
 * it is believed, so no field can make it allocate more than the input.
 */
export class ProtobufReader {
  readonly #bytes: Buffer
  position: number
  readonly #start: number
  readonly #end: number
  /** Of the field that `next` stepped onto. */
  field = 0
  wire = 0

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
    this.#start = position
    this.#end = end
  }

  /** The same message from its beginning: fields that matter first may come last. */
  rewound(): ProtobufReader {
    return new ProtobufReader(this.#bytes, this.#start, this.#end)
  }

  /** Steps onto the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.#end) return false
    const tag = this.#varint32()
    this.field = tag >>> 3
    this.wire = tag & 7
    if (this.field === 0) throw new MalformedError('a field has the number 0')
    return true
  }

  /** Whether the current field is this one; a known field of another wire type is malformed. */
  is(field: number, wire: number): boolean {
    if (this.field !== field) return false
    if (this.wire !== wire) {
      throw new MalformedError(`field ${field} has wire type ${this.wire}, expected ${wire}`)
    }
    return true
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
        this.#advance(this.#length())
        return
      case WIRE_FIXED32:
        this.#advance(4)
        return
      default:
        // 3 and 4 are groups, which proto3 does not have; skipping them would need recursion.
        throw new MalformedError(`field ${this.field} has the unknown wire type ${this.wire}`)
    }
  }

  /** A reader over an embedded message. */
  message(): ProtobufReader {
    const length = this.#length()
    const start = this.position
    this.#advance(length)
    return new ProtobufReader(this.#bytes, start, start + length)
  }

  /** A view, not a copy: valid as long as the body is. */
  bytes(): Buffer {
    const length = this.#length()
    const start = this.position
    this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  string(): string {
    const length = this.#length()
    const start = this.position
    this.#advance(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  bool(): boolean {
    return this.#varint64() !== 0n
  }

  /** Enums and other small numbers: of a longer one, the low 32 bits, as protobuf has it. */
  uint32(): number {
    return Number(this.#varint64() & 0xffff_ffffn)
  }

  /** A JavaScript number where it holds the value exactly, else a bigint. */
  int64(): number | bigint {
    const start = this.position
    const first = this.#byte()
    if (first < 0x80) return first
    this.position = start
    const value = BigInt.asIntN(64, this.#varint64())
    return value >= MIN_SAFE && value <= MAX_SAFE ? Number(value) : value
  }

  fixed64(): bigint {
    const start = this.position
    this.#advance(8)
    return this.#bytes.readBigUInt64LE(start)
  }

  double(): number {
    const start = this.position
    this.#advance(8)
    return this.#bytes.readDoubleLE(start)
  }

  #byte(): number {
    const byte = this.position < this.#end ? this.#bytes[this.position] : undefined
    if (byte === undefined) throw new MalformedError('the message ends inside a number')
    this.position += 1
    return byte
  }

  #advance(count: number): void {
    if (count > this.#end - this.position) {
      throw new MalformedError(`field ${this.field} is longer than the message`)
    }
    this.position += count
  }

  #length(): number {
    return this.#varint32()
  }

  /** Tags and lengths: five bytes at most, and within 32 bits. */
  #varint32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
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

const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER)
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
