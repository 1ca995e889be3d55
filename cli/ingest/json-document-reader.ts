import { PIECE_BYTES_MAX, toPiece } from './piece.ts'
import { problem, type Found, type Place, type SpanFileReader } from './span-file-reader.ts'

const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const NEWLINE = 0x0a
const BYTE_ORDER_MARK: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf])

/** Brackets that are open at these places. */
const IN_DOCUMENT = 1
const IN_LIST = 2
const IN_ELEMENT = 3

/** Longer keys are none that matter. */
const KEY_BYTES_MAX = 64

const NOT_TRACES: ReadonlyMap<string, string> = new Map([
  ['resource_spans', 'OTLP/JSON keys are lowerCamelCase: resourceSpans, not resource_spans'],
  ['resourceLogs', 'these are logs, not traces'],
  ['resourceMetrics', 'these are metrics, not traces'],
])
const EXPECTED = 'expected OTLP traces, {"resourceSpans": [...]}'

/**
 * Reads OTLP/JSON documents in a row, on any number of lines, and cuts the elements of their
 * `resourceSpans` out of them: nothing else is ever in memory, however long a document is.
 */
export class JsonDocumentReader implements SpanFileReader {
  readonly encoding = 'json'
  readonly format = 'OTLP JSON'
  #depth = 0
  #inString = false
  #isEscaped = false
  #keyBytes: number[] = []
  #key = ''
  #isTraces = false
  #notTraces: string | undefined
  /** Of the element that is open. */
  #parts: Buffer[] = []
  #partBytes = 0
  #byte: number
  #line: number
  #documentAt: Place = { byte: 0 }
  #elementAt: Place = { byte: 0 }
  #isLost = false

  /** Where in the file the first byte is. */
  constructor({ line = 1, byte = 0 }: Partial<Place> = {}) {
    this.#line = line
    this.#byte = byte
  }

  *push(chunk: Buffer): Iterable<Found> {
    let elementFrom = 0
    for (let index = 0; index < chunk.length && !this.#isLost; index += 1) {
      const byte = chunk[index] ?? 0
      if (byte === NEWLINE) this.#line += 1
      if (this.#inString) {
        this.#stepInString(byte)
        continue
      }
      const at = { byte: this.#byte + index, line: this.#line }
      switch (byte) {
        case QUOTE:
          this.#inString = true
          this.#keyBytes = []
          break
        case COLON:
          if (this.#depth === IN_DOCUMENT) this.#enterKey()
          break
        case BRACE_OPEN:
        case BRACKET_OPEN:
          this.#depth += 1
          if (this.#depth === IN_DOCUMENT) this.#enterDocument(at)
          if (this.#depth === IN_ELEMENT && this.#isInList) {
            elementFrom = index
            this.#elementAt = at
          }
          break
        case BRACE_CLOSE:
        case BRACKET_CLOSE:
          yield* this.#close(at)
          if (this.#depth === IN_LIST && this.#isInList) {
            yield* this.#takeElement(chunk.subarray(elementFrom, index + 1))
          }
          break
        default:
          if (this.#depth === 0) yield* this.#outside(byte, at)
      }
    }
    if (this.#depth >= IN_ELEMENT && this.#isInList) yield* this.#keep(chunk.subarray(elementFrom))
    this.#byte += chunk.length
  }

  *end(): Iterable<Found> {
    if (this.#depth > 0 && !this.#isLost) {
      const at = { byte: this.#byte, line: this.#line }
      yield problem(at, 'it ends in the middle of a document; what stood before is used')
    }
  }

  get #isInList(): boolean {
    return this.#key === 'resourceSpans'
  }

  #stepInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#inString = false
    else if (this.#depth === IN_DOCUMENT && this.#keyBytes.length < KEY_BYTES_MAX) {
      this.#keyBytes.push(byte)
    }
  }

  #enterKey(): void {
    this.#key = Buffer.from(this.#keyBytes).toString('latin1')
    this.#isTraces ||= this.#isInList
    this.#notTraces ??= NOT_TRACES.get(this.#key)
  }

  #enterDocument(at: Place): void {
    this.#documentAt = at
    this.#key = ''
    this.#isTraces = false
    this.#notTraces = undefined
  }

  *#close(at: Place): Iterable<Found> {
    this.#depth -= 1
    if (this.#depth < 0) {
      this.#isLost = true
      yield problem(at, `a bracket is closed that was not opened; ${EXPECTED}`)
    }
    if (this.#depth === 0 && !this.#isTraces) {
      yield problem(this.#documentAt, this.#notTraces ?? EXPECTED)
    }
  }

  *#outside(byte: number, at: Place): Iterable<Found> {
    if (byte <= 0x20 || BYTE_ORDER_MARK.has(byte)) return
    this.#isLost = true
    yield problem(at, EXPECTED)
  }

  *#takeElement(last: Buffer): Iterable<Found> {
    yield* this.#keep(last)
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#partBytes = 0
    if (bytes.length === 0) return
    try {
      yield { kind: 'piece', piece: toPiece('json', bytes) }
    } catch {
      yield problem(this.#elementAt, 'an element of resourceSpans is not JSON')
    }
  }

  *#keep(part: Buffer): Iterable<Found> {
    if (this.#partBytes > PIECE_BYTES_MAX) return
    this.#partBytes += part.length
    if (this.#partBytes <= PIECE_BYTES_MAX) {
      this.#parts.push(part)
      return
    }
    this.#parts = []
    yield problem(
      this.#elementAt,
      `an element of resourceSpans is larger than ${PIECE_BYTES_MAX / 1024 / 1024} MiB; split it`,
    )
  }
}
