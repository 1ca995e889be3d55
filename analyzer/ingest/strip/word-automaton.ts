/** Symbols that no word tells apart share a class; there are fewer than these. */
export const CLASSES = 64
/** Of symbols that stand in no word. */
const OTHER = 0
/** Of what a reader has doubts about by itself: leads to where a whole word leads. */
export const DOUBTFUL = 1
const FIRST_LETTER = 2

/** Where a word, or a doubt, was met; no state leads back from it. */
export const FOUND = DOUBTFUL * CLASSES

const ASCII = 128
/** Long s and the sign for kelvin: to patterns that ignore case they are letters. */
const BEYOND_ASCII: ReadonlyMap<number, string> = new Map([
  [0x17f, 's'],
  [0x212a, 'k'],
])

/**
 * Finds any of some words, lower-case and of ASCII, in either case, at a nanosecond a symbol; a
 * pattern of them all takes five times as long. Made once: of each beginning of a word it knows
 * what it has become by each letter.
 */
export class WordAutomaton {
  /** By letter, lower and upper case apart. */
  readonly letterClasses: ReadonlyMap<string, number>
  /**
   * By state and class, the next state; states are multiplied, for the ease of adding a class.
   * State 0 has seen nothing.
   */
  readonly next: Uint16Array
  readonly #classes: Uint8Array

  constructor(words: readonly string[]) {
    this.letterClasses = new Map(
      [...new Set(words.join(''))].flatMap((letter, index) => [
        [letter, index + FIRST_LETTER],
        [letter.toUpperCase(), index + FIRST_LETTER],
      ]),
    )
    this.next = buildTransitions(words, this.letterClasses)
    this.#classes = Uint8Array.from({ length: ASCII }, (_, code) => this.#classOf(code))
  }

  /** Whether any of the words stands in the text. */
  findsIn(text: string): boolean {
    const { next } = this
    const classes = this.#classes
    let state = 0
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      const symbol = code < ASCII ? (classes[code] ?? OTHER) : this.#classBeyondAscii(code)
      state = next[state + symbol] ?? 0
      if (state === FOUND) return true
    }
    return false
  }

  #classOf(code: number): number {
    return this.letterClasses.get(String.fromCharCode(code)) ?? OTHER
  }

  #classBeyondAscii(code: number): number {
    const letter = BEYOND_ASCII.get(code)
    return letter === undefined ? OTHER : this.#classOf(letter.charCodeAt(0))
  }
}

function buildTransitions(
  words: readonly string[],
  letterClasses: ReadonlyMap<string, number>,
): Uint16Array {
  const beginnings = new Set(
    words.flatMap((word) => Array.from(word, (_, index) => word.slice(0, index))),
  )
  beginnings.delete('')
  const states = new Map([...beginnings].map((seen, index) => [seen, index + DOUBTFUL + 1]))
  states.set('', 0)
  const next = new Uint16Array((states.size + 1) * CLASSES)
  for (let symbol = 0; symbol < CLASSES; symbol += 1) next[FOUND + symbol] = FOUND
  /** The longest end of what was seen that a word begins with. */
  const stateAfter = (seen: string): number => {
    if (words.some((word) => seen.endsWith(word))) return DOUBTFUL
    for (let from = 0; from < seen.length; from += 1) {
      const state = states.get(seen.slice(from))
      if (state !== undefined) return state
    }
    return 0
  }
  for (const [seen, state] of states) {
    next[state * CLASSES + OTHER] = 0
    next[state * CLASSES + DOUBTFUL] = FOUND
    for (const [letter, symbol] of letterClasses) {
      next[state * CLASSES + symbol] = stateAfter(seen + letter.toLowerCase()) * CLASSES
    }
  }
  return next
}
