/** A trace of one source: two of them may have sent spans of the same one. */
export interface TraceOfSource {
  readonly source: string
  readonly traceId: string
}

/**
 * Something for each trace of each source. Two look-ups instead of one under a text made of both:
 * in a crowd each trace asks for hundreds of others, and to make the texts would be most of it.
 */
export class TraceMap<Value> {
  readonly #sources = new Map<string, Map<string, Value>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get({ source, traceId }: TraceOfSource): Value | undefined {
    return this.#sources.get(source)?.get(traceId)
  }

  has({ source, traceId }: TraceOfSource): boolean {
    return this.#sources.get(source)?.has(traceId) === true
  }

  /** By trace id, in the order in which they were set. */
  of(source: string): ReadonlyMap<string, Value> {
    return this.#sources.get(source) ?? NOTHING
  }

  /** Of each source, the one that was set first. */
  firsts(): readonly Value[] {
    return [...this.#sources.values()].flatMap((own) => {
      const [first] = own.values()
      return first === undefined ? [] : [first]
    })
  }

  set({ source, traceId }: TraceOfSource, value: Value): void {
    const own = this.#sources.get(source) ?? new Map<string, Value>()
    this.#sources.set(source, own)
    const before = own.size
    own.set(traceId, value)
    this.#size += own.size - before
  }

  delete({ source, traceId }: TraceOfSource): boolean {
    const own = this.#sources.get(source)
    if (own?.delete(traceId) !== true) return false
    if (own.size === 0) this.#sources.delete(source)
    this.#size -= 1
    return true
  }

  clear(): void {
    this.#sources.clear()
    this.#size = 0
  }
}

const NOTHING = new Map<string, never>()
