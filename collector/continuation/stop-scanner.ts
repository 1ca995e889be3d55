/**
 * A stop sequence that begins in the delivered text and ends behind the seam: no provider can see
 * it whole. Found, the answer is over where the client asked for it to be; what may still become
 * one is held back, so that no part of it behind the seam is ever told.
 */
export class StopScanner {
  /** What must come next for a sequence whose beginning was delivered. */
  readonly #awaited: readonly Straddling[]
  #held = ''
  #isDecided: boolean

  constructor(sequences: readonly string[], delivered: string) {
    this.#awaited = sequences.flatMap((sequence) => awaitedAfter(sequence, delivered))
    this.#isDecided = this.#awaited.length === 0
  }

  push(text: string): ScanStep {
    if (this.#isDecided) return { kind: 'passed', text }
    this.#held += text
    const found = this.#awaited.find(({ rest }) => this.#held.startsWith(rest))
    if (found !== undefined) return { kind: 'stopped', sequence: found.sequence }
    if (this.#awaited.some(({ rest }) => rest.startsWith(this.#held))) return HELD
    return { kind: 'passed', text: this.flush() }
  }

  /** What was held, where nothing can follow that would complete it. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    this.#isDecided = true
    return held
  }
}

export type ScanStep =
  | { readonly kind: 'held' }
  | { readonly kind: 'passed'; readonly text: string }
  | { readonly kind: 'stopped'; readonly sequence: string }

interface Straddling {
  readonly sequence: string
  readonly rest: string
}

const HELD: ScanStep = { kind: 'held' }

/** Every way in which `delivered` may have ended within `sequence`. */
function awaitedAfter(sequence: string, delivered: string): readonly Straddling[] {
  const lengths = Array.from({ length: Math.max(0, sequence.length - 1) }, (_, at) => at + 1)
  return lengths
    .filter((length) => delivered.endsWith(sequence.slice(0, length)))
    .map((length) => ({ sequence, rest: sequence.slice(length) }))
}
