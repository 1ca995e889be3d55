/**
 * Writes protobuf into one growing buffer. Only what OTLP's traces need; a general library would
 * first build an object per attribute, which costs more than everything else that is recorded
 * (https://protobuf.dev/programming-guides/encoding/).
 */
export class ProtobufWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 16 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** What was written, as bytes of its own; the next message starts anew. */
  take(): Uint8Array {
    const taken = Buffer.allocUnsafe(this.#length)
    this.#bytes.copy(taken, 0, 0, this.#length)
    this.#length = 0
    return taken
  }

  /** Forgets what was written: whatever threw half-way leaves nothing behind. */
  reset(): void {
    this.#length = 0
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length] = value
    this.#length += 1
  }

  /** A whole number that is safe in a double; a negative one takes ten bytes, as in any `int64`. */
  varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX)
    if (value < 0) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)))
      return
    }
    let rest = value
    while (rest > 0x7f_ff_ff_ff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  double(value: number): void {
    this.#reserve(8)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32LE(value, this.#length)
  }

  /** Since the epoch; too large for a double, and a BigInt costs more than the rest of the span. */
  nanoseconds(seconds: number, nanos: number): void {
    this.#reserve(8)
    const low = Math.imul(seconds, NANOS_PER_SECOND) >>> 0
    // The product is off by less than 2^12, so its upper half is what is nearest.
    const high = Math.round((seconds * NANOS_PER_SECOND - low) / TWO_TO_32)
    const sum = low + nanos
    this.#length = this.#bytes.writeUInt32LE(sum % TWO_TO_32, this.#length)
    this.#length = this.#bytes.writeUInt32LE(high + Math.floor(sum / TWO_TO_32), this.#length)
  }

  /** Bytes from a trace or span id. */
  hex(id: string): void {
    this.#reserve(id.length)
    this.#length += this.#bytes.write(id, this.#length, 'hex')
  }

  /** A field of known bytes: tag, length, bytes. */
  field(tag: number, bytes: Uint8Array): void {
    this.byte(tag)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Opens a message whose length is not known yet; `close` with what this returns. */
  open(tag: number): number {
    this.byte(tag)
    this.#reserve(LENGTH_BYTES)
    this.#length += LENGTH_BYTES
    return this.#length
  }

  close(start: number): void {
    const size = this.#length - start
    const lengthBytes = varintBytes(size)
    if (lengthBytes !== LENGTH_BYTES) {
      this.#reserve(VARINT_BYTES_MAX)
      this.#bytes.copyWithin(start + lengthBytes - LENGTH_BYTES, start, this.#length)
    }
    this.#length = start - LENGTH_BYTES
    this.varint(size)
    this.#length += size
  }

  #bigVarint(value: bigint): void {
    let rest = value
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** Bytes that `value` takes as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

/** Bytes of a field with a one-byte tag that holds `size` bytes. */
export function fieldBytes(size: number): number {
  return 1 + varintBytes(size) + size
}

const VARINT_BYTES_MAX = 10
/** Room left for a length: a span has 128 to 16,383 bytes, which makes moving it the exception. */
const LENGTH_BYTES = 2
const NANOS_PER_SECOND = 1_000_000_000
const TWO_TO_32 = 2 ** 32
