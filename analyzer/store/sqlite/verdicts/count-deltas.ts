/**
 * What one transaction changes in a table of counts, added up before it is written: a hundred
 * requests of one minute are one row there, and what is taken back and added again is none.
 */
export class CountDeltas<Key extends readonly (string | number)[]> {
  readonly #deltas = new Map<string, { readonly key: Key; count: number }>()

  add(key: Key, count: number): void {
    const text = JSON.stringify(key)
    const known = this.#deltas.get(text)
    if (known === undefined) this.#deltas.set(text, { key, count })
    else known.count += count
  }

  /** Those that are not zero; none afterwards. */
  take(): readonly { readonly key: Key; readonly count: number }[] {
    const changed = [...this.#deltas.values()].filter(({ count }) => count !== 0)
    this.#deltas.clear()
    return changed
  }

  clear(): void {
    this.#deltas.clear()
  }
}
