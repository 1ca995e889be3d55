/**
 * A bounded memory of what was worked out: when the young are as many as they may be, they become
 * the old, and the old are forgotten. What is asked for again stays. Nothing may depend on what it
 * still knows.
 */
export class TwoGenerations<Value> {
  readonly #entriesMax: number
  #young = new Map<string, Value>()
  #old: ReadonlyMap<string, Value> = new Map()

  /** Of one generation; there are two. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#entriesMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
