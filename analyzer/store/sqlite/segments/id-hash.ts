import { SPAN_ID_AT, TRACE_ID_AT } from './stored-ids.ts'

/**
 * Hashes of ids. Keyed (HalfSipHash-1-3, aumasson.jp/siphash): ids are a sender's choice, and one
 * who could make them collide would turn every look-up into a walk over all that is stored.
 */
export interface HashKey {
  readonly low: number
  readonly high: number
}

const TRACE_ID_WORDS = 4
const IDS_WORDS = 6

/** Keeps its state in fields: it runs for every span, and makes no object while it does. */
export class IdHash {
  readonly #key: HashKey
  /** Of what was hashed last: 32 bits each. */
  first = 0
  second = 0
  #v0 = 0
  #v1 = 0
  #v2 = 0
  #v3 = 0

  constructor(key: HashKey) {
    this.#key = key
  }

  /** Of the trace id that begins there; 32 bits, not negative. */
  ofTrace(bytes: Buffer, at = TRACE_ID_AT): number {
    this.#start()
    this.#takeTrace(bytes, at)
    this.#finish(TRACE_ID_WORDS * 4)
    return this.first >>> 0
  }

  /** Of a stored span's trace id and span id together. */
  ofSpan(bytes: Buffer): void {
    this.#start()
    this.#takeTrace(bytes, TRACE_ID_AT)
    this.#take(bytes.readInt32LE(SPAN_ID_AT))
    this.#take(bytes.readInt32LE(SPAN_ID_AT + 4))
    this.#finish(IDS_WORDS * 4)
  }

  /** Of a number of 32 bits. */
  ofNumber(number: number): void {
    this.#start()
    this.#take(number | 0)
    this.#finish(4)
  }

  #start(): void {
    const { low, high } = this.#key
    this.#v0 = low
    this.#v1 = high ^ 0xee
    this.#v2 = 0x6c796765 ^ low
    this.#v3 = 0x74656462 ^ high
  }

  #takeTrace(bytes: Buffer, at: number): void {
    this.#take(bytes.readInt32LE(at))
    this.#take(bytes.readInt32LE(at + 4))
    this.#take(bytes.readInt32LE(at + 8))
    this.#take(bytes.readInt32LE(at + 12))
  }

  #take(word: number): void {
    this.#v3 ^= word
    this.#round()
    this.#v0 ^= word
  }

  #finish(length: number): void {
    this.#take(length << 24)
    this.#v2 ^= 0xee
    this.#round()
    this.#round()
    this.#round()
    this.first = this.#v1 ^ this.#v3
    this.#v1 ^= 0xdd
    this.#round()
    this.#round()
    this.#round()
    this.second = this.#v1 ^ this.#v3
  }

  #round(): void {
    let v0 = this.#v0
    let v1 = this.#v1
    let v2 = this.#v2
    let v3 = this.#v3
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    this.#v0 = v0
    this.#v1 = v1
    this.#v2 = v2
    this.#v3 = v3
  }
}
