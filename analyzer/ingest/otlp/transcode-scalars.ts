import { EXACT_DIGITS_MAX, readDigits } from './decimal-digits.ts'
import { hexValue } from './hex-value.ts'
import { isDigit, JSON_BYTES } from './json-bytes.ts'
import { ABSENT } from './json-members.ts'
import type { JsonTape } from './json-tape.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { RejectedError } from './rejections.ts'

const { QUOTE, MINUS, LOWER_N } = JSON_BYTES

const NANO_DIGITS = 9
/** Nineteen digits are below 2 ** 64. */
const SURE_DIGITS_MAX = 19
const TIME = /^\d{1,20}$/u
const INTEGER = /^-?\d{1,20}$/u
const FIXED64_MAX = 2n ** 64n - 1n
const TWO_32 = 2 ** 32
const TWO_16 = 2 ** 16

/** Of no id's length: what is not hex is refused where ids are looked at. */
const NO_ID = Uint8Array.of(0xff)

/** Writes single values of a JSON text as fields of protobuf, from its bytes where it can. */
export class ScalarTranscoder {
  readonly #tape: JsonTape
  readonly #writer: ProtobufWriter

  constructor(tape: JsonTape, writer: ProtobufWriter) {
    this.#tape = tape
    this.#writer = writer
  }

  isText(token: number): boolean {
    return this.#tape.kind(token) === QUOTE
  }

  isNumber(token: number): boolean {
    const kind = this.#tape.kind(token)
    return kind === MINUS || isDigit(kind)
  }

  /** Empty where it is no text. */
  text(field: number, token: number): void {
    const tape = this.#tape
    if (!this.isText(token)) this.#writer.stringField(field, '')
    else if (tape.isEscaped(token)) this.#writer.stringField(field, tape.text(token))
    else {
      const [from, to] = [tape.start(token) + 1, tape.end(token) - 1]
      this.#writer.lengthField(field, to - from)
      this.#writer.raw(tape.bytes, from, to)
    }
  }

  /** Hex of either case; zeros are no id. */
  id(field: number, token: number): void {
    const tape = this.#tape
    if (!this.isText(token)) return
    if (tape.isEscaped(token)) {
      const plain = Buffer.from(tape.text(token))
      this.#id(field, plain, { from: 0, to: plain.length })
    } else this.#id(field, tape.bytes, { from: tape.start(token) + 1, to: tape.end(token) - 1 })
  }

  #id(field: number, hex: Buffer, { from, to }: { from: number; to: number }): void {
    let digits = 0
    for (let at = from; at < to; at += 1) digits |= hexValue(hex[at] ?? 0)
    if (digits === 0) return
    // Above 15 where one of them is none.
    if (digits > 15 || (to - from) % 2 !== 0) {
      this.#writer.bytesField(field, NO_ID)
      return
    }
    this.#writer.lengthField(field, (to - from) / 2)
    this.#writer.rawHex(hex, from, to)
  }

  /** Absent is zero in protobuf; anything that is no time, we would have to make up. */
  time(field: number, token: number): void {
    if (this.#isNothing(token)) return
    const tape = this.#tape
    const [from, to] = [tape.start(token) + 1, tape.end(token) - 1]
    if (this.isText(token) && to - from > NANO_DIGITS && to - from <= SURE_DIGITS_MAX) {
      if (this.#longTime(field, from, to)) return
    }
    const timeNs = this.#nanoseconds(token)
    if (timeNs === undefined) throw new RejectedError('time-invalid')
    this.#writer.fixed64Field(field, timeNs > FIXED64_MAX ? FIXED64_MAX : timeNs)
  }

  /** Seconds and nanoseconds, put together in halves: a `bigint` for each would be garbage. */
  #longTime(field: number, from: number, to: number): boolean {
    const { bytes } = this.#tape
    const seconds = readDigits(bytes, from, to - NANO_DIGITS)
    const nanoseconds = readDigits(bytes, to - NANO_DIGITS, to)
    if (seconds < 0 || nanoseconds < 0) return false
    const below = (seconds % TWO_16) * 1e9 + nanoseconds
    const above = Math.floor(seconds / TWO_16) * 1e9
    const low = below + (above % TWO_16) * TWO_16
    const high = Math.floor(above / TWO_16) + Math.floor(low / TWO_32)
    this.#writer.fixed64Halves(field, low % TWO_32, high)
    return true
  }

  #nanoseconds(token: number): bigint | undefined {
    if (this.isText(token)) {
      const text = this.#tape.text(token)
      return TIME.test(text) ? BigInt(text) : undefined
    }
    const value = this.isNumber(token) ? this.#tape.number(token) : Number.NaN
    return Number.isInteger(value) && value >= 0 ? BigInt(value) : undefined
  }

  /** The specification allows numbers only; a name is the commonest mistake of hand-made JSON. */
  code(field: number, token: number): void {
    if (this.#isNothing(token)) return
    if (!this.isNumber(token)) throw new RejectedError('kind-invalid')
    this.count(field, token)
  }

  /** Of numbers that nobody depends on, what is none is left out. */
  count(field: number, token: number): void {
    const value = this.#uint32(token)
    if (value > 0) this.#writer.varintField(field, value)
  }

  flags(field: number, token: number): void {
    const value = this.#uint32(token)
    if (value > 0) this.#writer.fixed32Field(field, value)
  }

  #uint32(token: number): number {
    if (token === ABSENT || !this.isNumber(token)) return 0
    const value = this.#number(token)
    return value > 0 && value < TWO_32 && Number.isInteger(value) ? value : 0
  }

  /** A 64-bit number as text, as the mapping has it, or as a number, as some senders write it. */
  integer(field: number, { token, orDouble }: { token: number; orDouble: number }): void {
    if (this.isNumber(token)) {
      const value = this.#number(token)
      // One that is no integer keeps its value.
      if (Number.isSafeInteger(value)) this.#writer.varintField(field, value)
      else this.#writer.doubleField(orDouble, value)
    } else if (this.isText(token)) this.#integerText(field, token)
  }

  #integerText(field: number, token: number): void {
    const tape = this.#tape
    const [from, to] = [tape.start(token) + 1, tape.end(token) - 1]
    const plain = to - from <= EXACT_DIGITS_MAX && to > from ? readDigits(tape.bytes, from, to) : -1
    if (plain >= 0) {
      this.#writer.varintField(field, plain)
      return
    }
    const text = tape.text(token)
    if (!INTEGER.test(text)) return
    const value = Number(text)
    this.#writer.varintField(field, Number.isSafeInteger(value) ? value : BigInt(text))
  }

  /** Protobuf's JSON mapping writes the three numbers that JSON has no word for as text. */
  double(field: number, token: number): void {
    if (this.isNumber(token)) this.#writer.doubleField(field, this.#number(token))
    else if (this.isText(token)) {
      const text = this.#tape.text(token)
      if (text !== '') this.#writer.doubleField(field, Number(text))
    }
  }

  base64(field: number, token: number): void {
    this.#writer.bytesField(field, Buffer.from(this.#tape.text(token), 'base64'))
  }

  /** Into a string table, which traces have none of; whoever strips the value says so. */
  stringIndex(field: number, token: number): void {
    if (token === ABSENT || !this.isNumber(token)) return
    const value = this.#number(token)
    if (Number.isSafeInteger(value)) this.#writer.varintField(field, value)
  }

  #number(token: number): number {
    const tape = this.#tape
    const [from, to] = [tape.start(token), tape.end(token)]
    const plain = to - from <= EXACT_DIGITS_MAX ? readDigits(tape.bytes, from, to) : -1
    return plain >= 0 ? plain : tape.number(token)
  }

  #isNothing(token: number): boolean {
    return token === ABSENT || this.#tape.kind(token) === LOWER_N
  }
}
