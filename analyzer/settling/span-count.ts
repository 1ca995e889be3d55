/** Entries that are kept apart while something holds the watermark back. */
const ENTRIES_MAX = 10_000

/**
 * Counts spans of one kind, so that each counts once although the log behind the watermark is read
 * again after a crash: only those before it are kept with it.
 */
export class SpanCount {
  #upToWatermark: number
  #behind: [position: number, spans: number][] = []

  constructor(upToWatermark: number) {
    this.#upToWatermark = upToWatermark
  }

  get total(): number {
    return this.#behind.reduce((sum, [, spans]) => sum + spans, this.#upToWatermark)
  }

  add(chunks: readonly (readonly [position: number, spans: number])[]): void {
    for (const [position, spans] of chunks) this.#behind.push([position, spans])
    if (this.#behind.length > ENTRIES_MAX) this.#behind = inPairs(this.#behind)
  }

  /** How many there are up to there. */
  countUpTo(watermark: number): number {
    const behind = this.#behind.filter(([position]) => position > watermark)
    for (const [position, spans] of this.#behind) {
      if (position <= watermark) this.#upToWatermark += spans
    }
    this.#behind = behind
    return this.#upToWatermark
  }
}

/** Half as many; a crash may then lose count of a few. */
function inPairs(entries: readonly [number, number][]): [number, number][] {
  const sorted = entries.toSorted(([left], [right]) => left - right)
  const pairs: [number, number][] = []
  for (let at = 0; at < sorted.length; at += 2) {
    const [first, second] = [sorted[at], sorted[at + 1]]
    if (first === undefined) break
    pairs.push(second === undefined ? first : [second[0], first[1] + second[1]])
  }
  return pairs
}
