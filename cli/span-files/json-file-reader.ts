import { PIECE_BYTES_MAX, toPiece } from './piece.ts'
import { problem, type Found, type Place, type SpanFileReader } from './span-file-reader.ts'

const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const NEWLINE = 0x0a
const SPACE = 0x20
const BYTE_ORDER_MARK: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf])

/** How many brackets are open at these places, beside that of a list of documents. */
const IN_DOCUMENT = 1
const IN_LIST = 2
const IN_ELEMENT = 3

/** Longer keys are none that matter. */
const KEY_BYTES_MAX = 64

const TRACES = 'resourceSpans'
const NOT_TRACES: ReadonlyMap<string, string> = new Map([
  ['resource_spans', 'OTLP/JSON keys are lowerCamelCase: resourceSpans, not resource_spans'],
  ['resourceLogs', 'these are logs, not traces'],
  ['resourceMetrics', 'these are metrics, not traces'],
])
const EXPECTED = 'expected OTLP traces, {"resourceSpans": [...]}'
const LOST = 'what follows is left out, up to a line that begins with a document'

/**
 * Reads OTLP/JSON documents: one per line, as the Collector's file exporter writes them, where a
 * bad line costs itself only; or on any number of lines, in a row or in a list. It cuts out the
 * elements of their `resourceSpans`: nothing else is ever in memory, however long a document is.
 */
export class JsonFileReader implements SpanFileReader {
  readonly encoding = 'json'
  readonly format: string
  readonly #onePerLine: boolean
  #depth = 0
  /** 1 in a list of documents. */
  #base = 0
  #isListEmpty = true
  #inString = false
  #isEscaped = false
  #keyBytes: number[] = []
  #key = ''
  #isTraces = false
  #notTraces: string | undefined
  /** Of the element that is open. */
  #parts: Buffer[] = []
  #partBytes = 0
  /** Where it goes on in the chunk that is read. */
  #elementFrom = 0
  #elementAt: Place = { byte: 0 }
  #documentAt: Place = { byte: 0 }
  /** Of the beginning of the chunk that is read. */
  #byte = 0
  #line = 1
  /** What comes is part of no document, until the next one begins. */
  #isLost = false
  #isLineStart = false

  constructor({ onePerLine }: { readonly onePerLine: boolean }) {
    this.#onePerLine = onePerLine
    this.format = onePerLine ? 'OTLP JSON, one document per line' : 'OTLP JSON'
  }

  *push(chunk: Buffer): Iterable<Found> {
    this.#elementFrom = 0
    for (let index = 0; ; index += 1) {
      index = this.#isLost ? this.#seekDocument(chunk, index) : this.#skim(chunk, index)
      if (index >= chunk.length) break
      yield* this.#step(chunk, index)
    }
    if (this.#isInElement()) yield* this.#keep(chunk.subarray(this.#elementFrom))
    this.#byte += chunk.length
  }

  end(): Iterable<Found> {
    return this.#endDocument(0)
  }

  /**
   * Reads over strings and over what lies deep in a document, which is nearly all of it, in one
   * loop without a call. The index of what has to be looked at, or of the end.
   */
  #skim(chunk: Buffer, from: number): number {
    const floor = this.#base + IN_ELEMENT
    const isKey = this.#depth === this.#base + IN_DOCUMENT
    const onePerLine = this.#onePerLine
    let depth = this.#depth
    let inString = this.#inString
    let isEscaped = this.#isEscaped
    let index = from
    for (; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? SPACE
      if (byte === NEWLINE) {
        if (onePerLine) break
        this.#line += 1
      } else if (inString) {
        if (isEscaped) isEscaped = false
        else if (byte === BACKSLASH) isEscaped = true
        else if (byte === QUOTE) inString = false
        else if (isKey && this.#keyBytes.length < KEY_BYTES_MAX) this.#keyBytes.push(byte)
      } else if (depth < floor) break
      else if (byte === QUOTE) inString = true
      else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth += 1
      else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) {
        if (depth === floor) break
        depth -= 1
      }
    }
    this.#depth = depth
    this.#inString = inString
    this.#isEscaped = isEscaped
    return index
  }

  /** The index of the first byte that may begin a document, or of the end. */
  #seekDocument(chunk: Buffer, from: number): number {
    for (let index = from; index < chunk.length; index += 1) {
      const byte = chunk[index]
      const isFound = this.#onePerLine
        ? byte === NEWLINE
        : this.#isLineStart && (byte === BRACE_OPEN || byte === BRACKET_OPEN)
      if (isFound) {
        this.#isLost = false
        return index
      }
      this.#isLineStart = byte === NEWLINE
      if (this.#isLineStart) this.#line += 1
    }
    return chunk.length
  }

  *#step(chunk: Buffer, index: number): Iterable<Found> {
    const byte = chunk[index] ?? SPACE
    switch (byte) {
      case NEWLINE:
        yield* this.#endDocument(index)
        this.#line += 1
        break
      case BRACE_OPEN:
      case BRACKET_OPEN:
        this.#depth += 1
        yield* this.#open(byte, index)
        break
      case BRACE_CLOSE:
      case BRACKET_CLOSE:
        this.#depth -= 1
        yield* this.#close(chunk, index)
        break
      default:
        if (this.#depth > this.#base) this.#readInDocument(byte)
        else if (!this.#isBetween(byte)) yield* this.#lose(index, EXPECTED)
    }
  }

  *#open(byte: number, index: number): Iterable<Found> {
    const level = this.#depth - this.#base
    if (level === IN_DOCUMENT) {
      this.#documentAt = this.#at(index)
      this.#isListEmpty = this.#base === 0
      this.#key = ''
      this.#isTraces = false
      this.#notTraces = undefined
      if (this.#base === 0 && byte === BRACKET_OPEN) this.#base = 1
    } else if (this.#key !== TRACES) return
    else if (level === IN_ELEMENT) {
      this.#elementFrom = index
      this.#elementAt = this.#at(index)
    } else if (byte !== BRACKET_OPEN) {
      this.#key = ''
      yield problem(this.#at(index), `resourceSpans is no list; ${EXPECTED}`)
    }
  }

  *#close(chunk: Buffer, index: number): Iterable<Found> {
    const level = this.#depth - this.#base
    if (this.#depth < 0) {
      yield* this.#lose(index, `a bracket is closed that was not opened; ${EXPECTED}`)
    } else if (level < 0) {
      this.#base = 0
      if (this.#isListEmpty) yield problem(this.#documentAt, EXPECTED)
    } else if (level === 0 && !this.#isTraces) {
      yield problem(this.#documentAt, this.#notTraces ?? EXPECTED)
    } else if (level === IN_LIST && this.#key === TRACES) {
      yield* this.#takeElement(chunk.subarray(this.#elementFrom, index + 1))
    }
  }

  #readInDocument(byte: number): void {
    if (byte === QUOTE) {
      this.#inString = true
      this.#keyBytes = []
    } else if (byte === COLON && this.#depth === this.#base + IN_DOCUMENT) {
      this.#key = Buffer.from(this.#keyBytes).toString('latin1')
      this.#isTraces ||= this.#key === TRACES
      this.#notTraces ??= NOT_TRACES.get(this.#key)
    }
  }

  /** What may stand between documents. */
  #isBetween(byte: number): boolean {
    return byte <= SPACE || BYTE_ORDER_MARK.has(byte) || (byte === COMMA && this.#base > 0)
  }

  #isInElement(): boolean {
    return this.#depth >= this.#base + IN_ELEMENT && this.#key === TRACES
  }

  *#lose(index: number, message: string): Iterable<Found> {
    const at = this.#at(index)
    this.#reset()
    this.#isLost = true
    this.#isLineStart = false
    yield problem(at, this.#onePerLine ? message : `${message}; ${LOST}`)
  }

  *#endDocument(index: number): Iterable<Found> {
    const isCut = this.#depth > 0
    this.#reset()
    if (isCut) {
      yield problem(
        this.#at(index),
        'it ends in the middle of a document; what stood before is used',
      )
    }
  }

  #reset(): void {
    this.#depth = 0
    this.#base = 0
    this.#inString = false
    this.#isEscaped = false
    this.#key = ''
    this.#parts = []
    this.#partBytes = 0
  }

  *#takeElement(last: Buffer): Iterable<Found> {
    yield* this.#keep(last)
    const [first = last, ...more] = this.#parts
    const bytes = more.length === 0 ? first : Buffer.concat(this.#parts)
    const isWhole = this.#parts.length > 0
    this.#parts = []
    this.#partBytes = 0
    // Too large, which was said.
    if (!isWhole) return
    const read = toPiece('json', bytes)
    yield read.kind === 'piece'
      ? read
      : problem(this.#elementAt, `an element of resourceSpans ${read.why}`)
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

  #at(index: number): Place {
    return { byte: this.#byte + index, line: this.#line }
  }
}
