import { SUSPICIOUS } from './scrub-secrets.ts'

/** Bytes that no automaton tells apart share a class; there are fewer than these. */
const CLASSES = 64
const OTHER = 0
const DOUBTFUL = 1
const FIRST_LETTER = 2

/**
 * Looks at text as bytes, and tells of most that a treatment would not change it. A finite
 * automaton over all that `scrub-secrets.ts` is suspicious of, in either case: what it passes needs
 * no look by the patterns there; what it does not pass may be as harmless, and is looked at.
 */
export class TextCheck {
  readonly #charsMax: number
  readonly #classes = new Uint8Array(256)

  /** Characters beyond ASCII are doubtful in any case. */
  constructor(charsMax: number, doubtful: RegExp) {
    this.#charsMax = charsMax
    for (const [letter, index] of LETTERS) {
      this.#classes[letter.charCodeAt(0)] = index
      this.#classes[letter.toUpperCase().charCodeAt(0)] = index
    }
    for (let byte = 0; byte < 256; byte += 1) {
      const isDoubtful = byte >= 0x80 || doubtful.test(String.fromCharCode(byte))
      if (isDoubtful) this.#classes[byte] = DOUBTFUL
    }
  }

  /** Whether the text is sure to stay as it is. */
  passes(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.#charsMax) return false
    const classes = this.#classes
    let state = 0
    for (let index = start; index < end; index += 1) {
      state = NEXT[state + (classes[bytes[index] ?? 0] ?? 0)] ?? 0
    }
    return state !== DOUBTFUL * CLASSES
  }
}

const LETTERS: ReadonlyMap<string, number> = new Map(
  [...new Set(SUSPICIOUS.join(''))].map((letter, index) => [letter, index + FIRST_LETTER]),
)

/**
 * By state and class, the next state; states are multiplied, for the ease of adding a class. State
 * 0 has seen nothing, state `DOUBTFUL` is never left; each other one has seen the beginning of a
 * suspicious word, as far as it goes.
 */
const NEXT = buildTransitions()

function buildTransitions(): Uint16Array {
  const beginnings = new Set(
    SUSPICIOUS.flatMap((word) => Array.from(word, (_, index) => word.slice(0, index))),
  )
  beginnings.delete('')
  const states = new Map([...beginnings].map((seen, index) => [seen, index + DOUBTFUL + 1]))
  states.set('', 0)
  const next = new Uint16Array((states.size + 1) * CLASSES)
  for (let symbol = 0; symbol < CLASSES; symbol += 1) {
    next[DOUBTFUL * CLASSES + symbol] = DOUBTFUL * CLASSES
  }
  for (const [seen, state] of states) {
    next[state * CLASSES + OTHER] = 0
    next[state * CLASSES + DOUBTFUL] = DOUBTFUL * CLASSES
    for (const [letter, symbol] of LETTERS) {
      next[state * CLASSES + symbol] = stateAfter(states, seen + letter) * CLASSES
    }
  }
  return next
}

/** The longest end of what was seen that a suspicious word begins with. */
function stateAfter(states: ReadonlyMap<string, number>, seen: string): number {
  if (SUSPICIOUS.some((word) => seen.endsWith(word))) return DOUBTFUL
  for (let from = 0; from < seen.length; from += 1) {
    const state = states.get(seen.slice(from))
    if (state !== undefined) return state
  }
  return 0
}
