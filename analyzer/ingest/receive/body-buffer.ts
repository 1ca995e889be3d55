/** What is announced is only a claim: no more than this is reserved for it. */
const FIRST_BYTES = 16 * 1024

/**
 * Gathers a body in memory of its own. Chunks are copied, not kept: one byte of a body can hold on
 * to the 64 KiB that were read from the socket with it, and an object per byte costs a hundred.
 */
export class BodyBuffer {
  readonly #bytesMax: number
  #bytes = new Uint8Array(0)
  #length = 0

  /** `bytesMax` is the length where it is known: no more than that is ever reserved. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#length
  }

  /** The caller sees to it that no more than the limit comes. */
  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#bytes.length) this.#grow(length)
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }

  /** All that came, alone in its memory, so that a thread can have it; none of it is kept. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes
    this.drop()
    return bytes.length === this.#length ? bytes : bytes.slice(0, this.#length)
  }

  /**
   * Gives its memory back. Not left to whoever forgets this: the listeners of a request are of one
   * closure, and one that stays until its connection is gone holds on to all that the others need.
   */
  drop(): void {
    this.#bytes = new Uint8Array(0)
  }

  #grow(length: number): void {
    const wanted = Math.max(length, 2 * this.#bytes.length, FIRST_BYTES)
    const grown = new Uint8Array(Math.max(length, Math.min(wanted, this.#bytesMax)))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
