import { JSON_DEPTH_MAX, JSON_NODES_MAX } from '../limits.ts'
import { ESCAPED, hexValue, isDigit, isSpace, JSON_BYTES, STRING_STOPS } from './json-bytes.ts'
import { MalformedError } from './protobuf-reader.ts'

const { QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, DOT, ZERO, UPPER_E, LOWER_E } = JSON_BYTES
const { OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET } = JSON_BYTES
const { LOWER_U, LOWER_T, LOWER_F, LOWER_N } = JSON_BYTES

/** Raised for a text that is not JSON, or more of it than is read. */
export class JsonError extends MalformedError {
  /** Goes on after the name of the text and "is". */
  readonly why: string

  constructor(why: string) {
    super(`the body is ${why}`)
    this.why = why
  }
}

/** Numbers for each token: where it begins, and where it ends or what comes after it. */
const STRIDE = 2
const TOKENS_AT_FIRST = 16 * 1024
/** What a large body needed is not held for the small ones that follow. */
const TOKENS_KEPT_MAX = 1024 * 1024

const LITERALS = { [LOWER_T]: 'true', [LOWER_F]: 'false', [LOWER_N]: 'null' } as const

/**
 * Where each value of a JSON text stands, found in one look at its bytes: nothing is made of them
 * that a reader has not asked for, and a value is stepped over without being read again. The
 * grammar is that of RFC 8259, as `JSON.parse` has it. A value is named by the number of its token;
 * the members of an object are its tokens by turns, a name and what it names.
 */
export class JsonTape {
  #bytes: Buffer = Buffer.alloc(0)
  #tape = new Int32Array(STRIDE * TOKENS_AT_FIRST)
  #tokens = 0
  #at = 0
  #nodes = 0
  #depth = 0
  readonly #nodesMax: number

  constructor(nodesMax = JSON_NODES_MAX) {
    this.#nodesMax = nodesMax
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Reads the whole of a text; its value is token 0. Throws `JsonError`. */
  read(bytes: Buffer): void {
    this.#bytes = bytes
    this.#tokens = 0
    this.#at = 0
    this.#nodes = 0
    this.#depth = 0
    this.#skipSpace()
    this.#value()
    this.#skipSpace()
    if (this.#at < bytes.length) throw this.#unexpected()
  }

  /** Lets go of the text. */
  forget(): void {
    this.#bytes = Buffer.alloc(0)
    if (this.#tape.length > STRIDE * TOKENS_KEPT_MAX) {
      this.#tape = new Int32Array(STRIDE * TOKENS_AT_FIRST)
    }
  }

  /** The first byte of a value tells what it is; 0 of one that is not there. */
  kind(token: number): number {
    return token < 0 ? 0 : (this.#bytes[this.start(token)] ?? 0)
  }

  /** The token behind a value and all that is in it. */
  after(token: number): number {
    const kind = this.kind(token)
    const isNested = kind === OPEN_BRACE || kind === OPEN_BRACKET
    return isNested ? (this.#tape[STRIDE * token + 1] ?? 0) : token + 1
  }

  start(token: number): number {
    return this.#tape[STRIDE * token] ?? 0
  }

  /** Of a text or a number; behind the closing quote. */
  end(token: number): number {
    const end = this.#tape[STRIDE * token + 1] ?? 0
    return end < 0 ? -end : end
  }

  /** Whether what stands between its quotes is not what it says. */
  isEscaped(token: number): boolean {
    return (this.#tape[STRIDE * token + 1] ?? 0) < 0
  }

  /** The tokens of the items of a list; what is no list has none. */
  itemsOf(token: number): readonly number[] {
    const items: number[] = []
    const end = this.kind(token) === OPEN_BRACKET ? this.after(token) : 0
    for (let item = token + 1; item < end; item = this.after(item)) items.push(item)
    return items
  }

  /** What a text says. */
  text(token: number): string {
    const start = this.start(token)
    const end = this.end(token)
    if (!this.isEscaped(token)) return this.#bytes.toString('utf8', start + 1, end - 1)
    // Its grammar was looked at, so it is a text.
    return String(JSON.parse(this.#bytes.toString('utf8', start, end)))
  }

  number(token: number): number {
    return Number(this.#bytes.toString('latin1', this.start(token), this.end(token)))
  }

  #value(): void {
    const byte = this.#bytes[this.#at] ?? 0
    if (byte === QUOTE) this.#string()
    else if (byte === OPEN_BRACE) this.#nested(CLOSE_BRACE)
    else if (byte === OPEN_BRACKET) this.#nested(CLOSE_BRACKET)
    else if (byte === MINUS || isDigit(byte)) this.#number()
    else this.#literal(byte)
  }

  #nested(close: number): void {
    this.#countNode()
    this.#depth += 1
    if (this.#depth > JSON_DEPTH_MAX) {
      throw new JsonError(`nested deeper than ${JSON_DEPTH_MAX} levels`)
    }
    const token = this.#begin()
    this.#at += 1
    this.#skipSpace()
    if (this.#bytes[this.#at] === close) this.#at += 1
    else this.#members(close)
    this.#tape[STRIDE * token + 1] = this.#tokens
    this.#depth -= 1
  }

  #members(close: number): void {
    for (;;) {
      if (close === CLOSE_BRACE) this.#name()
      this.#value()
      this.#skipSpace()
      const byte = this.#bytes[this.#at]
      if (byte !== close && byte !== COMMA) throw this.#unexpected()
      this.#at += 1
      if (byte === close) return
      this.#countNode()
      this.#skipSpace()
    }
  }

  #name(): void {
    if (this.#bytes[this.#at] !== QUOTE) throw this.#unexpected()
    this.#string()
    this.#skipSpace()
    if (this.#bytes[this.#at] !== COLON) throw this.#unexpected()
    this.#at += 1
    this.#skipSpace()
  }

  #string(): void {
    const token = this.#begin()
    const bytes = this.#bytes
    let at = this.#at + 1
    let isEscaped = false
    for (;;) {
      // Past the end stands nothing, which stops as well.
      while (STRING_STOPS[bytes[at] ?? QUOTE] === 0) at += 1
      this.#at = at
      const byte = bytes[at]
      if (byte === QUOTE) break
      if (byte !== BACKSLASH) throw this.#unexpected()
      isEscaped = true
      this.#escape()
      at = this.#at
    }
    this.#at = at + 1
    this.#tape[STRIDE * token + 1] = isEscaped ? -this.#at : this.#at
  }

  #escape(): void {
    const bytes = this.#bytes
    this.#at += 1
    const byte = bytes[this.#at] ?? 0
    if (byte === LOWER_U) {
      for (let digit = 0; digit < 4; digit += 1) {
        this.#at += 1
        if (hexValue(bytes[this.#at] ?? 0) > 15) throw this.#unexpected()
      }
    } else if (!ESCAPED.has(byte)) throw this.#unexpected()
    this.#at += 1
  }

  #number(): void {
    const token = this.#begin()
    if (this.#bytes[this.#at] === MINUS) this.#at += 1
    if (this.#bytes[this.#at] === ZERO) this.#at += 1
    else this.#digits()
    if (this.#bytes[this.#at] === DOT) {
      this.#at += 1
      this.#digits()
    }
    const exponent = this.#bytes[this.#at]
    if (exponent === LOWER_E || exponent === UPPER_E) {
      this.#at += 1
      const sign = this.#bytes[this.#at]
      if (sign === PLUS || sign === MINUS) this.#at += 1
      this.#digits()
    }
    this.#tape[STRIDE * token + 1] = this.#at
  }

  #digits(): void {
    const bytes = this.#bytes
    let at = this.#at
    while (isDigit(bytes[at] ?? 0)) at += 1
    const isNone = at === this.#at
    this.#at = at
    if (isNone) throw this.#unexpected()
  }

  #literal(first: number): void {
    const word = first === LOWER_T || first === LOWER_F || first === LOWER_N ? LITERALS[first] : ''
    if (word === '') throw this.#unexpected()
    this.#begin()
    for (let index = 0; index < word.length; index += 1) {
      if (this.#bytes[this.#at] !== word.charCodeAt(index)) throw this.#unexpected()
      this.#at += 1
    }
  }

  #begin(): number {
    const token = this.#tokens
    if (STRIDE * (token + 1) > this.#tape.length) {
      const longer = new Int32Array(2 * this.#tape.length)
      longer.set(this.#tape)
      this.#tape = longer
    }
    this.#tape[STRIDE * token] = this.#at
    this.#tokens = token + 1
    return token
  }

  #countNode(): void {
    this.#nodes += 1
    if (this.#nodes > this.#nodesMax) {
      throw new JsonError(`more than ${this.#nodesMax} values`)
    }
  }

  #skipSpace(): void {
    const bytes = this.#bytes
    let at = this.#at
    while (isSpace(bytes[at] ?? 0)) at += 1
    this.#at = at
  }

  #unexpected(): JsonError {
    const isCut = this.#at >= this.#bytes.length
    const where = isCut ? 'it ends in the middle' : `its byte ${this.#at} was not expected`
    return new JsonError(`not JSON: ${where}`)
  }
}
