/**
 * A stop sequence that begins in the delivered text and ends behind the seam: no provider can see
 * it whole. Found, the answer is over where the client asked for it to be.
 */
export class StopScanner {
  readonly #sequences: readonly string[]
  readonly #tail: string
  readonly #reach: number
  #seen = ''

  constructor(sequences: readonly string[], delivered: string) {
    this.#sequences = sequences
    this.#reach = Math.max(0, ...sequences.map((sequence) => sequence.length - 1))
    this.#tail = this.#reach === 0 ? '' : delivered.slice(-this.#reach)
  }

  /** Whether the text behind the seam, `text` being its next piece, completes a stop sequence. */
  stopsIn(text: string): boolean {
    if (this.#seen.length >= this.#reach) return false
    this.#seen = (this.#seen + text).slice(0, this.#reach)
    return this.#sequences.some((sequence) => this.#straddles(sequence))
  }

  #straddles(sequence: string): boolean {
    const around = this.#tail + this.#seen
    const at = around.indexOf(sequence, Math.max(0, this.#tail.length - sequence.length + 1))
    return at >= 0 && at < this.#tail.length
  }
}
