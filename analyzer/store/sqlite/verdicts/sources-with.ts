/** Sources that are remembered; one that was forgotten is asked about again. */
const SOURCES_MAX = 1000

/**
 * Sources of which a table has any row. Most have none of what only a router in process leaves
 * behind, and then the judge need not ask about each trace of theirs. Once a source has some, it
 * counts as having them until `clear`.
 */
export class SourcesWith {
  readonly #ask: (source: string) => boolean
  readonly #known = new Map<string, boolean>()

  constructor(ask: (source: string) => boolean) {
    this.#ask = ask
  }

  has(source: string): boolean {
    const known = this.#known.get(source)
    if (known !== undefined) return known
    const has = this.#ask(source)
    if (this.#known.size >= SOURCES_MAX) this.#known.clear()
    this.#known.set(source, has)
    return has
  }

  /** A row of it is written. */
  add(source: string): void {
    this.#known.set(source, true)
  }

  /** After a transaction that failed. */
  clear(): void {
    this.#known.clear()
  }
}
