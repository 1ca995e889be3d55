const WORD_BYTES = 4

/** Bytes that are looked for at one place, four at a time: the last four may overlap the others. */
export class WordMatch {
  /** How many they are; four or more. */
  readonly length: number
  readonly #words: Int32Array

  constructor(text: string) {
    const bytes = Buffer.from(text)
    this.length = bytes.length
    this.#words = Int32Array.from({ length: Math.ceil(this.length / WORD_BYTES) }, (_, index) =>
      bytes.readInt32LE(this.#at(index)),
    )
  }

  /** Whether they stand there; so many have to be left of it. */
  stands(words: DataView, from: number): boolean {
    for (let index = 0; index < this.#words.length; index += 1) {
      if (words.getInt32(from + this.#at(index), true) !== this.#words[index]) return false
    }
    return true
  }

  #at(index: number): number {
    return Math.min(index * WORD_BYTES, this.length - WORD_BYTES)
  }
}

/** Its bytes, to be read as words from any place. */
export function wordsOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
