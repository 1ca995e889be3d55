import { PIECE_BYTES_MAX, toPiece } from './piece.ts'
import { problem, type Found, type SpanFileReader } from './span-file-reader.ts'

const RESOURCE_SPANS_TAG = 0x0a
/** Tag and length of a field are at most this long. */
const HEAD_BYTES_MAX = 15
const LENGTH_BYTES = 4

/**
 * Reads protobuf: `ExportTraceServiceRequest` messages in a row, or each behind its length in four
 * bytes, the highest first, as the Collector's file exporter writes them. One element of
 * `resource_spans` is in memory at a time.
 */
export class ProtobufFileReader implements SpanFileReader {
  readonly encoding = 'protobuf'
  readonly format: string
  readonly #hasLengths: boolean
  #bytes: Buffer = Buffer.alloc(0)
  /** What has come behind them, and how much there must be before anything can be read. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #neededBytes = 0
  #byte = 0
  /** Of the message that a length stood before. */
  #left = 0
  #skip = 0
  #isLost = false

  constructor({ hasLengths }: { readonly hasLengths: boolean }) {
    this.#hasLengths = hasLengths
    this.format = hasLengths ? 'OTLP protobuf, each message behind its length' : 'OTLP protobuf'
  }

  *push(chunk: Buffer): Iterable<Found> {
    if (this.#isLost) return
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    // Put together once for each message, and not once for each of its chunks.
    if (this.#bytes.length + this.#waitingBytes < this.#neededBytes) return
    this.#bytes = Buffer.concat([this.#bytes, ...this.#waiting])
    this.#waiting = []
    this.#waitingBytes = 0
    this.#neededBytes = 0
    while (!this.#isLost) {
      const [byte, skip] = [this.#byte, this.#skip]
      yield* this.#step()
      // More bytes are needed.
      if (this.#byte === byte && this.#skip === skip) return
    }
  }

  *end(): Iterable<Found> {
    const bytes = this.#bytes.length + this.#waitingBytes
    if (this.#isLost || (bytes === 0 && this.#left === 0 && this.#skip === 0)) return
    yield this.#problem('it ends in the middle of a message; what stood before is used')
  }

  *#step(): Iterable<Found> {
    if (this.#skip > 0) {
      this.#advance(Math.min(this.#skip, this.#bytes.length))
      return
    }
    if (this.#hasLengths && this.#left === 0) {
      if (this.#bytes.length < LENGTH_BYTES) return
      const length = this.#bytes.readUInt32BE(0)
      this.#advance(LENGTH_BYTES)
      this.#left = length
      return
    }
    yield* this.#field()
  }

  *#field(): Iterable<Found> {
    const lengthMax = this.#hasLengths ? Math.min(this.#left, HEAD_BYTES_MAX) : HEAD_BYTES_MAX
    const head = readHead(this.#bytes.subarray(0, lengthMax))
    if (head === undefined) {
      if (this.#bytes.length >= lengthMax) yield* this.#give('no field of protobuf')
      return
    }
    const { tag, length, headLength } = head
    const total = headLength + length
    if ((tag & 7) !== 2) {
      yield* this.#give(`a field of wire type ${tag & 7}, which no message of OTLP has here`)
    } else if (this.#hasLengths && total > this.#left) {
      yield* this.#give('a field that is longer than its message')
    } else if (total > PIECE_BYTES_MAX) {
      const mib = PIECE_BYTES_MAX / 1024 / 1024
      yield this.#problem(`one element of resource_spans is larger than ${mib} MiB; it is left out`)
      this.#skip = total
    } else if (this.#bytes.length < total) this.#neededBytes = total
    else {
      if (tag === RESOURCE_SPANS_TAG) yield this.#toPiece(this.#bytes.subarray(headLength, total))
      this.#advance(total)
    }
  }

  #toPiece(bytes: Buffer): Found {
    const read = toPiece('protobuf', bytes)
    return read.kind === 'piece' ? read : this.#problem(`an element of resource_spans ${read.why}`)
  }

  /** A length tells where the next message begins; without one nobody can know. */
  *#give(what: string): Iterable<Found> {
    if (this.#hasLengths) {
      yield this.#problem(`${what}; the rest of this message is left out`)
      this.#skip = this.#left
    } else {
      yield this.#problem(`${what}; nothing behind it can be read`)
      this.#isLost = true
    }
  }

  #advance(count: number): void {
    this.#bytes = this.#bytes.subarray(count)
    this.#byte += count
    this.#skip = Math.max(0, this.#skip - count)
    this.#left = Math.max(0, this.#left - count)
  }

  #problem(message: string): Found {
    return problem({ byte: this.#byte }, message)
  }
}

interface Head {
  readonly tag: number
  readonly length: number
  readonly headLength: number
}

/** Undefined where there are too few bytes, or no numbers of 32 bits. */
function readHead(bytes: Buffer): Head | undefined {
  const tag = readVarint(bytes, 0)
  if (tag === undefined) return undefined
  if ((tag.value & 7) !== 2) return { tag: tag.value, length: 0, headLength: tag.end }
  const length = readVarint(bytes, tag.end)
  if (length === undefined) return undefined
  return { tag: tag.value, length: length.value, headLength: length.end }
}

function readVarint(bytes: Buffer, from: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[from + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: from + index + 1 }
  }
  return undefined
}
