import type { AttributeValue } from '../../story/span.ts'

/** Deeper values are told by their length only; message lists nest about six deep. */
const LITERAL_DEPTH_MAX = 32

const WORDS: ReadonlyMap<string, AttributeValue> = new Map<string, AttributeValue>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['null', null],
  ['None', null],
  ['NaN', null],
  ['nan', null],
  ['Infinity', null],
  ['inf', null],
])

const WORD = /[A-Za-z]+/uy
const NUMBER = /-?\d[\d.eE+-]*/uy
const SPACE = /\s*/uy
const ESCAPE = /\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])/gu
const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
])

/**
 * Reads a JSON value or a Python literal (LiteLLM v1 writes `str(dict)`); undefined where the text
 * is neither, for instance because a sender's length limit cut it.
 */
export function parseLiteral(text: string): AttributeValue | undefined {
  const parser = new LiteralParser(text)
  try {
    const value = parser.value(0)
    return parser.atEnd() ? value : undefined
  } catch (error: unknown) {
    if (error instanceof NotLiteralError) return undefined
    throw error
  }
}

class NotLiteralError extends Error {}

class LiteralParser {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    this.#skipSpace()
    return this.#position === this.#text.length
  }

  value(depth: number): AttributeValue {
    if (depth > LITERAL_DEPTH_MAX) throw new NotLiteralError()
    this.#skipSpace()
    const first = this.#text[this.#position] ?? ''
    switch (first) {
      case '{':
        return this.#map(depth)
      case '[':
        return this.#list(']', depth)
      case '(':
        return this.#list(')', depth)
      case '"':
      case "'":
        return this.#string()
      default:
        return this.#scalar()
    }
  }

  #map(depth: number): AttributeValue {
    const map = new Map<string, AttributeValue>()
    this.#position += 1
    while (!this.#take('}')) {
      const key = this.value(depth + 1)
      this.#expect(':')
      // Python allows keys that are not text; no sender that we know of has any.
      if (typeof key !== 'string') throw new NotLiteralError()
      map.set(key, this.value(depth + 1))
      if (!this.#take(',')) {
        this.#expect('}')
        break
      }
    }
    return map
  }

  #list(close: string, depth: number): AttributeValue {
    const list: AttributeValue[] = []
    this.#position += 1
    while (!this.#take(close)) {
      list.push(this.value(depth + 1))
      if (!this.#take(',')) {
        this.#expect(close)
        break
      }
    }
    return list
  }

  /** Found with `indexOf`: a regular expression over megabytes of content exhausts its stack. */
  #string(): string {
    const quote = this.#text[this.#position] ?? ''
    const start = this.#position + 1
    let end = this.#text.indexOf(quote, start)
    while (end !== -1 && this.#isEscaped(end, start)) end = this.#text.indexOf(quote, end + 1)
    if (end === -1) throw new NotLiteralError()
    this.#position = end + 1
    const raw = this.#text.slice(start, end)
    return raw.includes('\\') ? raw.replace(ESCAPE, unescape) : raw
  }

  #isEscaped(index: number, start: number): boolean {
    let backslashes = 0
    while (index - 1 - backslashes >= start && this.#text[index - 1 - backslashes] === '\\') {
      backslashes += 1
    }
    return backslashes % 2 === 1
  }

  #scalar(): AttributeValue {
    const number = this.#match(NUMBER)
    if (number !== undefined) {
      const value = Number(number)
      if (Number.isNaN(value)) throw new NotLiteralError()
      return value
    }
    const word = this.#match(WORD)
    // Python marks bytes with a prefix: b'…'.
    const next = this.#text[this.#position]
    if (word === 'b' && (next === '"' || next === "'")) return this.#string()
    const value = word === undefined ? undefined : WORDS.get(word)
    if (value === undefined) throw new NotLiteralError()
    return value
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#position += found.length
    return found
  }

  #take(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#position] !== character) return false
    this.#position += 1
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new NotLiteralError()
  }

  #skipSpace(): void {
    this.#match(SPACE)
  }
}

function unescape(_: string, escape: string): string {
  if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return NAMED_ESCAPES.get(escape) ?? escape
}
