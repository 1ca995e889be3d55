/** One buffer for the frame under way: appended to in any pieces, taken as one copy. */
export class FrameBuffer {
  #bytes: Uint8Array = NO_BYTES
  #length = 0

  get length(): number {
    return this.#length
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const needed = this.#length + bytes.length
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, needed, START_BYTES))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = needed
  }

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length)
    this.#length = 0
    // One huge event must not keep its memory for the rest of a long stream.
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = NO_BYTES
    return taken
  }
}

/** Most streams come frame by frame, and never need any. */
const NO_BYTES = new Uint8Array(0)
const START_BYTES = 512
const KEPT_BYTES_MAX = 64 * 1024
