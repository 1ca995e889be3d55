/** Writes protobuf wire format; the counterpart of `protobuf-reader.ts`. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(1024)
  #length = 0

  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }

  bytesField(field: number, bytes: Uint8Array): void {
    this.#tag(field, 2)
    this.#varint(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  stringField(field: number, text: string): void {
    const length = Buffer.byteLength(text)
    this.#tag(field, 2)
    this.#varint(length)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  hexField(field: number, hex: string): void {
    this.bytesField(field, Buffer.from(hex, 'hex'))
  }

  /**
   * An embedded message, written in place. Its length stands before it and is known after it: most
   * are shorter than 128 bytes and leave one byte for it, longer ones are moved along.
   */
  messageField(field: number, write: (writer: ProtobufWriter) => void): void {
    this.#tag(field, 2)
    this.#reserve(1)
    const lengthAt = this.#length
    this.#length += 1
    write(this)
    const length = this.#length - lengthAt - 1
    if (length < 0x80) {
      this.#bytes[lengthAt] = length
      return
    }
    const extra = varintBytes(length) - 1
    this.#reserve(extra)
    this.#bytes.copyWithin(lengthAt + 1 + extra, lengthAt + 1, this.#length)
    this.#length = lengthAt
    this.#varint(length)
    this.#length += length
  }

  varintField(field: number, value: number | bigint): void {
    this.#tag(field, 0)
    if (typeof value === 'number' && value >= 0 && value < 2 ** 32) this.#varint(value)
    else this.#varint64(BigInt.asUintN(64, BigInt(value)))
  }

  fixed64Field(field: number, value: bigint): void {
    this.#tag(field, 1)
    this.#reserve(8)
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length)
  }

  doubleField(field: number, value: number): void {
    this.#tag(field, 1)
    this.#reserve(8)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire)
  }

  #varint(value: number): void {
    this.#reserve(5)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  #varint64(value: bigint): void {
    this.#reserve(10)
    let rest = value
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

function varintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) count += 1
  return count
}
