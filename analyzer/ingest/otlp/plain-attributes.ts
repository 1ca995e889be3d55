import { EXACT_DIGITS_MAX, readDigits, skipDigits } from './decimal-digits.ts'
import { findStop } from './find-stop.ts'
import { JSON_BYTES } from './json-bytes.ts'
import { WIRE_BYTES } from './protobuf-reader.ts'
import { ProtobufWriter, varintBytes } from './protobuf-writer.ts'
import { wordsOf, WordMatch } from './word-match.ts'

const { QUOTE, MINUS, DOT, ZERO, CLOSE_BRACE } = JSON_BYTES

/** What an attribute is said to end at that is written in any other way. */
export const NOT_PLAIN = -1

const HEAD = new WordMatch('{"key":"')
const VALUE = new WordMatch('","value":{"')
const STRING = new WordMatch('stringValue":"')
const INT = new WordMatch('intValue":')
const BOOL = new WordMatch('boolValue":')
const DOUBLE = new WordMatch('doubleValue":')
const TRUE = new WordMatch('true}}')
const FALSE = new WordMatch('false}}')

/** What is shorter is not looked at, so that no look goes beyond the text. */
const KEY_ON_BYTES_MIN = VALUE.length + STRING.length + FALSE.length
const ATTRIBUTE_BYTES_MIN = HEAD.length + KEY_ON_BYTES_MIN

/** The field of a span that attributes are; in other messages they are another. */
const USUAL_FIELD = 9
const POWERS = Array.from({ length: EXACT_DIGITS_MAX + 1 }, (_, power) => 10 ** power)
const CHUNK_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)
const NO_WORDS = wordsOf(NOTHING)

/**
 * Attributes of a JSON text in the form that nearly all have: the key before one text, number or
 * truth, no space, no escape. They are turned into protobuf as they are found, one behind the
 * other, so that a run of them is copied at once to where it belongs. All others are left to those
 * who know every form; to leave one is never wrong.
 */
export class PlainAttributes {
  readonly #writer = new ProtobufWriter(CHUNK_BYTES)
  #bytes: Buffer = NOTHING
  #words = NO_WORDS
  #keyStart = 0
  #keyEnd = 0
  /** All that were found in a text. */
  #found: Buffer = NOTHING

  /** Begins with another text. */
  open(bytes: Buffer, words: DataView): void {
    this.#bytes = bytes
    this.#words = words
    this.#writer.restart()
  }

  /** Ends with the text: what was found in it can be copied. */
  close(): void {
    this.#found = this.#writer.take()
  }

  /** Lets go of the text and of what was found in it. */
  forget(): void {
    this.#bytes = NOTHING
    this.#words = NO_WORDS
    this.#found = NOTHING
    this.#writer.forget()
  }

  /** Where the next one that is found will begin. */
  get length(): number {
    return this.#writer.mark()
  }

  /** Says of one of them which field it is in the message that it is copied to. */
  setField(start: number, field: number): void {
    this.#found[start] = field * 8 + WIRE_BYTES
  }

  copy(writer: ProtobufWriter, start: number, end: number): void {
    writer.raw(this.#found, start, end)
  }

  /**
   * Writes the attribute that begins at this brace and gives where it ends, or `NOT_PLAIN` and has
   * written nothing.
   */
  read(start: number): number {
    const words = this.#words
    if (start + ATTRIBUTE_BYTES_MIN > words.byteLength || !HEAD.stands(words, start)) {
      return NOT_PLAIN
    }
    this.#keyStart = start + HEAD.length
    this.#keyEnd = findStop(this.#bytes, words, this.#keyStart)
    if (this.#keyEnd + KEY_ON_BYTES_MIN > words.byteLength) return NOT_PLAIN
    if (!VALUE.stands(words, this.#keyEnd)) return NOT_PLAIN
    const at = this.#keyEnd + VALUE.length
    if (STRING.stands(words, at)) return this.#string(at + STRING.length)
    if (INT.stands(words, at)) return this.#int(at + INT.length)
    if (BOOL.stands(words, at)) return this.#bool(at + BOOL.length)
    return DOUBLE.stands(words, at) ? this.#double(at + DOUBLE.length) : NOT_PLAIN
  }

  #string(start: number): number {
    const end = findStop(this.#bytes, this.#words, start)
    if (this.#bytes[end] !== QUOTE || !this.#endsAt(end + 1)) return NOT_PLAIN
    const length = end - start
    this.#writeKey(1 + varintBytes(length) + length)
    this.#writer.lengthField(1, length)
    this.#writer.words(this.#words, start, end)
    return end + 3
  }

  #bool(start: number): number {
    const isTrue = TRUE.stands(this.#words, start)
    if (!isTrue && !FALSE.stands(this.#words, start)) return NOT_PLAIN
    this.#writeKey(2)
    this.#writer.varintField(2, isTrue ? 1 : 0)
    return start + (isTrue ? TRUE.length : FALSE.length)
  }

  /** As text, as the mapping has it, or as a number. */
  #int(start: number): number {
    const bytes = this.#bytes
    const isText = bytes[start] === QUOTE
    const from = isText ? start + 1 : start
    const to = skipDigits(bytes, from)
    const digits = to - from
    if (digits === 0 || digits > EXACT_DIGITS_MAX) return NOT_PLAIN
    if (isText ? bytes[to] !== QUOTE : digits > 1 && bytes[from] === ZERO) return NOT_PLAIN
    const end = isText ? to + 1 : to
    if (!this.#endsAt(end)) return NOT_PLAIN
    const value = readDigits(bytes, from, to)
    this.#writeKey(1 + varintBytes(value))
    this.#writer.varintField(3, value)
    return end + 2
  }

  /**
   * Of few digits, and without an exponent: the quotient of two numbers that are held exactly is
   * the number nearest to what is written.
   */
  #double(start: number): number {
    const bytes = this.#bytes
    const isNegative = bytes[start] === MINUS
    const from = isNegative ? start + 1 : start
    const point = skipDigits(bytes, from)
    const hasFraction = bytes[point] === DOT
    const end = hasFraction ? skipDigits(bytes, point + 1) : point
    const whole = point - from
    const fraction = hasFraction ? end - point - 1 : 0
    if (whole === 0 || (whole > 1 && bytes[from] === ZERO) || (hasFraction && fraction === 0)) {
      return NOT_PLAIN
    }
    if (whole + fraction > EXACT_DIGITS_MAX || !this.#endsAt(end)) return NOT_PLAIN
    const scale = POWERS[fraction] ?? 1
    const digits = readDigits(bytes, from, point) * scale + readDigits(bytes, end - fraction, end)
    this.#writeKey(9)
    this.#writer.doubleField(4, (isNegative ? -digits : digits) / scale)
    return end + 2
  }

  #endsAt(at: number): boolean {
    return this.#bytes[at] === CLOSE_BRACE && this.#bytes[at + 1] === CLOSE_BRACE
  }

  /** All of the attribute that stands before its value of this many bytes. */
  #writeKey(value: number): void {
    const writer = this.#writer
    const key = this.#keyEnd - this.#keyStart
    writer.lengthField(USUAL_FIELD, 2 + varintBytes(key) + key + varintBytes(value) + value)
    writer.lengthField(1, key)
    writer.words(this.#words, this.#keyStart, this.#keyEnd)
    writer.lengthField(2, value)
  }
}
