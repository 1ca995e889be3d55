/**
 * What an attempt says before its first content: written with it, or dropped with the attempt, so
 * that a fallback before content stays invisible.
 */
export class HeldPrelude {
  readonly #bytesMax: number
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Why no more can be held, or undefined. */
  add(bytes: Uint8Array): string | undefined {
    this.#bytes += bytes.length
    if (this.#bytes > this.#bytesMax) {
      return `over ${this.#bytesMax} bytes came before any content`
    }
    if (bytes.length > 0) this.#pieces.push(bytes)
    return undefined
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0
  }

  take(): readonly Uint8Array[] {
    const pieces = this.#pieces
    this.drop()
    return pieces
  }

  drop(): void {
    this.#pieces = []
    this.#bytes = 0
  }
}
