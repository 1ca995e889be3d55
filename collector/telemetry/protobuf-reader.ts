/** Reads protobuf field by field; throws a `RangeError` where the bytes end too early. */
export class ProtobufReader {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Exact up to 2^53. */
  varint(): number {
    return Number(this.#bigVarint())
  }

  /** Signed, as two's complement in ten bytes. */
  int64(): number {
    return Number(BigInt.asIntN(64, this.#bigVarint()))
  }

  bytes(): Uint8Array {
    const size = this.varint()
    const end = this.#at + size
    if (end > this.#bytes.length) throw new RangeError('a field is longer than its message')
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  double(): number {
    const value = this.#view.getFloat64(this.#at, true)
    this.#at += 8
    return value
  }

  fixed32(): number {
    const value = this.#view.getUint32(this.#at, true)
    this.#at += 4
    return value
  }

  fixed64(): bigint {
    const value = this.#view.getBigUint64(this.#at, true)
    this.#at += 8
    return value
  }

  #bigVarint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < BITS_MAX; shift += 7n) {
      const byte = this.#view.getUint8(this.#at)
      this.#at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('a varint has more than ten bytes')
  }
}

const BITS_MAX = 70n
