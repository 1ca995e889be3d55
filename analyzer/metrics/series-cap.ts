import { formatLabels, type Sample } from './prometheus-text.ts'

export interface SeriesCapOptions {
  readonly labels: readonly string[]
  /**
   * Labels whose values are a closed list. The others come from configurations and from spans, and
   * whoever sends spans can make up as many as they like.
   */
  readonly closed: readonly string[]
  /** Of one metric. */
  readonly seriesMax: number
}

/** Values of one label, of all its series: a person reads no more routes than this. */
const VALUES_MAX = 200
/** UTF-16 units of one value: the beginning names a route well enough. */
const VALUE_CHARS_MAX = 96
/** Of one metric's label text, so that the page of a hostile sender stays below 1 MB as well. */
const BYTES_MAX = 250_000
const OTHER = '__other__'

/**
 * Keeps a metric's series to a bounded number (invariants I9, I11): what comes later than the first
 * ones is counted under `__other__`. Who was admitted is remembered, for a series that moved to
 * another name would look as if it had been counted again.
 */
export class SeriesCap {
  readonly #options: SeriesCapOptions
  readonly #admitted = new Set<string>()
  readonly #values: readonly Set<string>[]
  #bytes = 0

  constructor(options: SeriesCapOptions) {
    this.#options = options
    this.#values = options.labels.map(() => new Set<string>())
  }

  /** Each series once, those of one name summed up. */
  fold(samples: readonly Sample[]): readonly Sample[] {
    const folded = new Map<string, [readonly string[], number]>()
    for (const [values, value] of samples) {
      const [key, admitted] = this.#admit(values.map(normalise))
      const known = folded.get(key)
      if (known === undefined) folded.set(key, [admitted, value])
      else known[1] += value
    }
    return [...folded.values()]
  }

  #admit(values: readonly string[]): readonly [key: string, values: readonly string[]] {
    const capped = values.map((value, index) => this.#capValue(value, index))
    const key = formatLabels(this.#options.labels, capped)
    if (this.#admitted.has(key)) return [key, capped]
    const bytes = Buffer.byteLength(key)
    const isFull = this.#admitted.size >= this.#options.seriesMax || this.#bytes + bytes > BYTES_MAX
    const others = values.map((value, index) => (this.#isClosed(index) ? value : OTHER))
    const otherKey = formatLabels(this.#options.labels, others)
    if (isFull && key !== otherKey) return [otherKey, others]
    this.#admitted.add(key)
    this.#bytes += bytes
    return [key, capped]
  }

  #capValue(value: string, index: number): string {
    const known = this.#values[index]
    if (known === undefined || this.#isClosed(index) || known.has(value)) return value
    if (known.size >= VALUES_MAX) return OTHER
    known.add(value)
    return value
  }

  #isClosed(index: number): boolean {
    return this.#options.closed.includes(this.#options.labels[index] ?? '')
  }
}

/** Cut, and without the halves of characters that cutting leaves: two of them would look alike. */
function normalise(value: string): string {
  return Buffer.from(value.slice(0, VALUE_CHARS_MAX)).toString()
}
