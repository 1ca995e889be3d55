/** More are counted only. */
const SHOWN_MAX = 20

/** Parts of a file that could not be read, each with its place: the first of them, and how many. */
export class Problems {
  readonly #first: string[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  get first(): readonly string[] {
    return this.#first
  }

  add(message: string): void {
    this.#count += 1
    if (this.#first.length < SHOWN_MAX) this.#first.push(message)
  }

  /** For stderr. */
  lines(): readonly string[] {
    const more = this.#count - this.#first.length
    return more === 0 ? this.#first : [...this.#first, `and ${more} more like these`]
  }
}
