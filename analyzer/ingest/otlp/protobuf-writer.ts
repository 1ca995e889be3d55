import { hexValue } from './hex-value.ts'
import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from './protobuf-reader.ts'
import { wordsOf } from './word-match.ts'

/** Texts up to this are written by a loop: calling out costs more than they do. */
const LOOPED_CHARS_MAX = 48
const LOOPED_BYTES_MAX = 64
const WORD_BYTES = 4
/** Asking for this much again and again costs more than filling it. */
const KEPT_BYTES_MAX = 1024 * 1024

/**
 * Writes protobuf wire format; the counterpart of `protobuf-reader.ts`. What is written is taken
 * piece by piece: a piece shares its memory with those beside it, and is not written again unless
 * `restart` is called.
 */
export class ProtobufWriter {
  readonly #chunkBytes: number
  #bytes: Buffer
  #words: DataView
  /** Where the piece begins that is being written. */
  #start = 0
  #length = 0

  constructor(chunkBytes = 1024) {
    this.#chunkBytes = chunkBytes
    this.#bytes = Buffer.allocUnsafe(chunkBytes)
    this.#words = wordsOf(this.#bytes)
  }

  /** A copy of what was written since the last piece. */
  finish(): Buffer {
    return Buffer.from(this.take())
  }

  /** What was written since the last piece, as it stands. */
  take(): Buffer {
    const piece = this.#bytes.subarray(this.#start, this.#length)
    this.#start = this.#length
    return piece
  }

  /** Lets go of a chunk that a very large piece needed, for the small ones that follow. */
  forget(): void {
    if (this.#bytes.length <= KEPT_BYTES_MAX) return
    this.#bytes = Buffer.allocUnsafe(this.#chunkBytes)
    this.#words = wordsOf(this.#bytes)
    this.restart()
  }

  /** Writes over what was written: of the pieces that were taken, none is read any more. */
  restart(): void {
    this.#start = 0
    this.#length = 0
  }

  /** A place in the piece that is being written, to come back to with `rewind`. */
  mark(): number {
    return this.#length - this.#start
  }

  /** Forgets what was written after the mark. */
  rewind(mark: number): void {
    this.#length = this.#start + mark
  }

  /** These bytes as they are: whole fields, or the content of one. */
  raw(source: Uint8Array, from = 0, to = source.length): void {
    const count = to - from
    this.#reserve(count)
    const target = this.#bytes
    let at = this.#length
    this.#length = at + count
    if (count > LOOPED_BYTES_MAX) {
      target.set(new Uint8Array(source.buffer, source.byteOffset + from, count), at)
      return
    }
    for (let index = from; index < to; index += 1) target[at++] = source[index] ?? 0
  }

  /** The bytes that these digits stand for, two for each. */
  rawHex(digits: Uint8Array, from: number, to: number): void {
    this.#reserve((to - from) / 2)
    for (let at = from; at < to; at += 2) {
      this.#bytes[this.#length++] = hexValue(digits[at] ?? 0) * 16 + hexValue(digits[at + 1] ?? 0)
    }
  }

  /** As `raw`, for short texts: four bytes at a time. */
  words(source: DataView, from: number, to: number): void {
    this.#reserve(to - from + WORD_BYTES)
    const target = this.#words
    const last = source.byteLength - WORD_BYTES
    let at = this.#length
    this.#length = at + to - from
    let index = from
    for (; index < to && index <= last; index += WORD_BYTES) {
      target.setInt32(at, source.getInt32(index, true), true)
      at += WORD_BYTES
    }
    for (; index < to; index += 1) target.setUint8(at++, source.getUint8(index))
  }

  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire)
  }

  /** A tag or a length. */
  varint(value: number): void {
    this.#reserve(5)
    this.#putVarint(value)
  }

  /** Begins a field of this length; its content is written next. */
  lengthField(field: number, length: number): void {
    this.#reserve(10)
    const tag = field * 8 + WIRE_BYTES
    // Both take one byte, as nearly all do.
    if (tag < 0x80 && length < 0x80) {
      const at = this.#length
      this.#bytes[at] = tag
      this.#bytes[at + 1] = length
      this.#length = at + 2
      return
    }
    this.#putVarint(tag)
    this.#putVarint(length)
  }

  bytesField(field: number, bytes: Uint8Array): void {
    this.lengthField(field, bytes.length)
    this.raw(bytes)
  }

  stringField(field: number, text: string): void {
    this.tag(field, WIRE_BYTES)
    if (text.length <= LOOPED_CHARS_MAX && this.#shortAscii(text)) return
    const length = Buffer.byteLength(text)
    this.varint(length)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  messageField(field: number, write: (writer: ProtobufWriter) => void): void {
    const mark = this.open(field)
    write(this)
    this.close(mark)
  }

  /**
   * Begins an embedded message, which `close` ends. Its length stands before it and is known after
   * it: room is left for a length of `expected`, and what follows is moved along where that was
   * wrong.
   */
  open(field: number, expected = 0): number {
    this.tag(field, WIRE_BYTES)
    const room = varintBytes(expected)
    this.#reserve(room)
    this.#length += room
    return (this.#length - this.#start) * ROOMS + room
  }

  close(mark: number): void {
    const room = mark % ROOMS
    const content = Math.floor(mark / ROOMS)
    const length = this.#length - this.#start - content
    const needed = varintBytes(length)
    if (needed > room) this.#reserve(needed - room)
    const from = this.#start + content
    const to = from - room + needed
    if (to !== from) this.#bytes.copyWithin(to, from, from + length)
    this.#length = from - room
    this.#putVarint(length)
    this.#length += length
  }

  varintField(field: number, value: number | bigint): void {
    this.tag(field, WIRE_VARINT)
    if (typeof value === 'number' && value >= 0 && value < 2 ** 32) this.varint(value)
    else this.#varint64(BigInt.asUintN(64, BigInt(value)))
  }

  fixed64Field(field: number, value: bigint): void {
    this.tag(field, WIRE_FIXED64)
    this.#reserve(8)
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length)
  }

  /** Of two numbers of 32 bits. */
  fixed64Halves(field: number, low: number, high: number): void {
    this.tag(field, WIRE_FIXED64)
    this.#reserve(8)
    this.#length = this.#bytes.writeUInt32LE(low, this.#length)
    this.#length = this.#bytes.writeUInt32LE(high, this.#length)
  }

  fixed32Field(field: number, value: number): void {
    this.tag(field, WIRE_FIXED32)
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32LE(value, this.#length)
  }

  doubleField(field: number, value: number): void {
    this.tag(field, WIRE_FIXED64)
    this.#reserve(8)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  /** Whether it could be written so: its length in bytes is its length in characters. */
  #shortAscii(text: string): boolean {
    const { length } = text
    this.#reserve(length + 1)
    const target = this.#bytes
    let at = this.#length + 1
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) return false
      target[at++] = code
    }
    target[this.#length] = length
    this.#length = at
    return true
  }

  /** Where there is room for it. */
  #putVarint(value: number): void {
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

  /** A new chunk takes the piece that is being written along; those before it stay. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const written = this.#length - this.#start
    const chunk = Buffer.allocUnsafe(Math.max(this.#chunkBytes, 2 * (written + count)))
    this.#bytes.copy(chunk, 0, this.#start, this.#length)
    this.#bytes = chunk
    this.#words = wordsOf(chunk)
    this.#start = 0
    this.#length = written
  }
}

/** A mark holds a place and how much room was left before it. */
const ROOMS = 8

export function varintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 4 + varintBytes(Math.floor(value / 0x1000_0000))
}
