import type { IdHash } from './id-hash.ts'

/** One bit in each of them for every id: a look-up touches one line of memory. */
const BLOCK_WORDS = 8
const BLOCK_BITS = BLOCK_WORDS * 32

/** Odd numbers that spread one hash over the words (the split block filter of Parquet). */
const SALTS = [
  0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31,
] as const

/** With ten bits for each id, one of a hundred that were never added seems to be there. */
const BITS_PER_ID = 10

/**
 * A Bloom filter of ids: `mayHave` is never false for one that was added. It grows only by being
 * made large enough, and shrinks by folding its halves onto each other.
 */
export class IdFilter {
  readonly #words: Int32Array
  readonly #blockMask: number

  private constructor(words: Int32Array) {
    this.#words = words
    this.#blockMask = words.length / BLOCK_WORDS - 1
  }

  static for(ids: number): IdFilter {
    let blocks = 1
    while (blocks * BLOCK_BITS < ids * BITS_PER_ID) blocks *= 2
    return new IdFilter(new Int32Array(blocks * BLOCK_WORDS))
  }

  /** What `toBytes` gave; undefined for anything else. */
  static from(bytes: Uint8Array): IdFilter | undefined {
    const blocks = (bytes.length * 8) / BLOCK_BITS
    if (blocks < 1 || !Number.isInteger(Math.log2(blocks))) return undefined
    // Copied, because words must be aligned.
    return new IdFilter(new Int32Array(Uint8Array.from(bytes).buffer))
  }

  /** Little-endian words, as every machine that Node runs on has them. */
  toBytes(): Buffer {
    const { buffer, byteOffset, byteLength } = this.#words
    return Buffer.from(buffer, byteOffset, byteLength)
  }

  get byteLength(): number {
    return this.#words.byteLength
  }

  /** Takes what was hashed last. Whether it may have been there before. */
  add({ first, second }: IdHash): boolean {
    const words = this.#words
    const block = (first & this.#blockMask) * BLOCK_WORDS
    let there = true
    for (let index = 0; index < BLOCK_WORDS; index += 1) {
      const bit = 1 << (Math.imul(second, SALTS[index] ?? 0) >>> 27)
      const word = words[block + index] ?? 0
      if ((word & bit) === 0) {
        there = false
        words[block + index] = word | bit
      }
    }
    return there
  }

  /** Of what was hashed last. */
  mayHave({ first, second }: IdHash): boolean {
    const words = this.#words
    const block = (first & this.#blockMask) * BLOCK_WORDS
    for (let index = 0; index < BLOCK_WORDS; index += 1) {
      const bit = 1 << (Math.imul(second, SALTS[index] ?? 0) >>> 27)
      if (((words[block + index] ?? 0) & bit) === 0) return false
    }
    return true
  }

  /** The same ids in as few bytes as that many need. */
  foldedFor(ids: number): IdFilter {
    let words = this.#words
    while (words.length > BLOCK_WORDS && (words.length / 2) * 32 >= ids * BITS_PER_ID) {
      const half = words.length / 2
      const lower = words.subarray(0, half)
      const upper = words.subarray(half)
      words = lower.map((word, index) => word | (upper[index] ?? 0))
    }
    return new IdFilter(words)
  }
}
