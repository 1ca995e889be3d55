/** Traces are looked up together with their neighbours, which mostly share a block. */
const BYTES_MAX = 16 * 1024 * 1024

/** Blocks that were opened a moment ago; what was used least recently is forgotten first. */
export class BlockCache {
  readonly #blocks = new Map<string, Buffer>()
  #bytes = 0

  get(key: string): Buffer | undefined {
    const block = this.#blocks.get(key)
    if (block === undefined) return undefined
    this.#blocks.delete(key)
    this.#blocks.set(key, block)
    return block
  }

  /** One that would take more than half of the room is not kept at all. */
  set(key: string, block: Buffer): void {
    if (block.length > BYTES_MAX / 2) return
    this.#forget(key)
    this.#blocks.set(key, block)
    this.#bytes += block.length
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= BYTES_MAX) return
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#blocks.get(key)?.length ?? 0
    this.#blocks.delete(key)
  }
}
