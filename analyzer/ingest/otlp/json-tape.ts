import { JSON_DEPTH_MAX, JSON_NODES_MAX } from '../limits.ts'
import { skipDigits } from './decimal-digits.ts'
import { findStop } from './find-stop.ts'
import { hexValue } from './hex-value.ts'
import { ESCAPED, isDigit, isSpace, JSON_BYTES } from './json-bytes.ts'
import { JsonError } from './json-error.ts'
import { JsonTokens } from './json-tokens.ts'
import { NOT_PLAIN, type PlainAttributes } from './plain-attributes.ts'
import { wordsOf } from './word-match.ts'

const { QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, DOT, ZERO, UPPER_E, LOWER_E } = JSON_BYTES
const { OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET } = JSON_BYTES
const { LOWER_U, LOWER_T, LOWER_F, LOWER_N } = JSON_BYTES

const LITERALS = { [LOWER_T]: 'true', [LOWER_F]: 'false', [LOWER_N]: 'null' } as const

/** What a plain attribute takes: places on the tape, and of what is limited. */
const PLAIN = { tokens: 2, nodes: 3, depth: 2 } as const

export interface JsonTapeOptions {
  readonly nodesMax?: number
  /** Attributes that it knows are its affair, and are one value on the tape. */
  readonly plain?: PlainAttributes
}

/**
 * Where each value of a JSON text stands, found in one look at its bytes: nothing is made of them
 * that a reader has not asked for, and a value is stepped over without being read again. The
 * grammar is that of RFC 8259, as `JSON.parse` has it. A value is named by the number of its token;
 * the members of an object are its tokens by turns, a name and what it names.
 */
export class JsonTape {
  #bytes: Buffer = Buffer.alloc(0)
  #words = wordsOf(this.#bytes)
  readonly #tokens = new JsonTokens()
  #at = 0
  #nodes = 0
  #depth = 0
  readonly #nodesMax: number
  readonly #plain: PlainAttributes | undefined

  constructor({ nodesMax = JSON_NODES_MAX, plain }: JsonTapeOptions = {}) {
    this.#nodesMax = nodesMax
    this.#plain = plain
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Reads the whole of a text; its value is token 0. Throws `JsonError`. */
  read(bytes: Buffer): void {
    this.#bytes = bytes
    this.#words = wordsOf(bytes)
    this.#plain?.open(bytes, this.#words)
    this.#tokens.clear()
    this.#at = 0
    this.#nodes = 0
    this.#depth = 0
    this.#skipSpace()
    this.#value()
    this.#skipSpace()
    if (this.#at < bytes.length) throw this.#unexpected()
    this.#plain?.close()
  }

  /** Lets go of the text. */
  forget(): void {
    this.#bytes = Buffer.alloc(0)
    this.#words = wordsOf(this.#bytes)
    this.#plain?.forget()
    this.#tokens.forget()
  }

  /** The first byte of a value tells what it is; 0 of one that is not there. */
  kind(token: number): number {
    return token < 0 ? 0 : (this.#bytes[this.start(token)] ?? 0)
  }

  /** The token behind a value and all that is in it. */
  after(token: number): number {
    const kind = this.kind(token)
    if (kind !== OPEN_BRACE && kind !== OPEN_BRACKET) return token + 1
    const after = this.#tokens.end(token)
    return after < 0 ? token + PLAIN.tokens : after
  }

  /** Whether it is an attribute that was written where it was found. */
  isPlain(token: number): boolean {
    return this.#tokens.end(token) < 0 && this.kind(token) === OPEN_BRACE
  }

  /** Of a plain attribute: where it begins among those that were found. */
  plainStart(token: number): number {
    return -1 - this.#tokens.end(token)
  }

  plainEnd(token: number): number {
    return this.#tokens.start(token + 1)
  }

  start(token: number): number {
    return this.#tokens.start(token)
  }

  /** Of a text or a number; behind the closing quote. */
  end(token: number): number {
    const end = this.#tokens.end(token)
    return end < 0 ? -end : end
  }

  /** Whether what stands between its quotes is not what it says. */
  isEscaped(token: number): boolean {
    return this.#tokens.end(token) < 0
  }

  /** Behind the last member of an object, whose names begin with the next token; 0 of any other. */
  membersEnd(token: number): number {
    if (this.kind(token) !== OPEN_BRACE) return 0
    // What an attribute consists of has no meaning anywhere else.
    return this.isPlain(token) ? token + 1 : this.after(token)
  }

  /** Behind the last item of a list, the first of which is the next token; 0 of what is no list. */
  listEnd(token: number): number {
    return this.kind(token) === OPEN_BRACKET ? this.after(token) : 0
  }

  /** The tokens of the items of a list; what is no list has none. */
  itemsOf(token: number): readonly number[] {
    const items: number[] = []
    const end = this.listEnd(token)
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

  /** Where one stands that is turned at once: it is stepped over. */
  #plainAttribute(): boolean {
    const plain = this.#plain
    if (plain === undefined || this.#nodes + PLAIN.nodes > this.#nodesMax) return false
    if (this.#depth + PLAIN.depth > JSON_DEPTH_MAX) return false
    const from = plain.length
    const end = plain.read(this.#at)
    if (end === NOT_PLAIN) return false
    this.#tokens.finish(this.#tokens.begin(this.#at), -1 - from)
    this.#tokens.begin(plain.length)
    this.#nodes += PLAIN.nodes
    this.#at = end
    return true
  }

  #nested(close: number): void {
    if (close === CLOSE_BRACE && this.#plainAttribute()) return
    this.#countNode()
    this.#depth += 1
    if (this.#depth > JSON_DEPTH_MAX) {
      throw new JsonError(`nested deeper than ${JSON_DEPTH_MAX} levels`)
    }
    const token = this.#tokens.begin(this.#at)
    this.#at += 1
    this.#skipSpace()
    if (this.#bytes[this.#at] === close) this.#at += 1
    else this.#members(close)
    this.#tokens.finish(token, this.#tokens.count)
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
    const token = this.#tokens.begin(this.#at)
    const bytes = this.#bytes
    let at = this.#at + 1
    let isEscaped = false
    for (;;) {
      at = findStop(bytes, this.#words, at)
      this.#at = at
      const byte = bytes[at]
      if (byte === QUOTE) break
      if (byte !== BACKSLASH) throw this.#unexpected()
      isEscaped = true
      this.#escape()
      at = this.#at
    }
    this.#at = at + 1
    this.#tokens.finish(token, isEscaped ? -this.#at : this.#at)
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
    const token = this.#tokens.begin(this.#at)
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
    this.#tokens.finish(token, this.#at)
  }

  #digits(): void {
    const at = skipDigits(this.#bytes, this.#at)
    const isNone = at === this.#at
    this.#at = at
    if (isNone) throw this.#unexpected()
  }

  #literal(first: number): void {
    const word = first === LOWER_T || first === LOWER_F || first === LOWER_N ? LITERALS[first] : ''
    if (word === '') throw this.#unexpected()
    this.#tokens.begin(this.#at)
    for (let index = 0; index < word.length; index += 1) {
      if (this.#bytes[this.#at] !== word.charCodeAt(index)) throw this.#unexpected()
      this.#at += 1
    }
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
