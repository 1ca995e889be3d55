import { SUSPICIOUS } from './suspicious-words.ts'
import { DOUBTFUL, FOUND } from './word-automaton.ts'

/**
 * Looks at text as bytes, and tells of most that a treatment would not change it. What it passes
 * needs no look by the patterns of `scrub-secrets.ts`; what it does not pass may be as harmless,
 * and is looked at.
 */
export class TextCheck {
  readonly #charsMax: number
  readonly #classes = new Uint8Array(256)

  /** Characters beyond ASCII are doubtful in any case. */
  constructor(charsMax: number, doubtful: RegExp) {
    this.#charsMax = charsMax
    for (const [letter, symbol] of SUSPICIOUS.letterClasses) {
      this.#classes[letter.charCodeAt(0)] = symbol
    }
    for (let byte = 0; byte < 256; byte += 1) {
      const isDoubtful = byte >= 0x80 || doubtful.test(String.fromCharCode(byte))
      if (isDoubtful) this.#classes[byte] = DOUBTFUL
    }
  }

  /** Whether the text is sure to stay as it is. */
  passes(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.#charsMax) return false
    const { next } = SUSPICIOUS
    const classes = this.#classes
    let state = 0
    for (let index = start; index < end; index += 1) {
      state = next[state + (classes[bytes[index] ?? 0] ?? 0)] ?? 0
    }
    return state !== FOUND
  }
}
