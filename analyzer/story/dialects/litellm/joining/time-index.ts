/** Items by the moment they began: what stands near is found without looking at all of them. */
export class TimeIndex<T> {
  private readonly entries: readonly { readonly atNs: bigint; readonly item: T }[]

  constructor(items: readonly T[], atNs: (item: T) => bigint) {
    this.entries = items
      .map((item) => ({ atNs: atNs(item), item }))
      .toSorted((left, right) => (left.atNs < right.atNs ? -1 : left.atNs > right.atNs ? 1 : 0))
  }

  /** Both ends included. */
  between(fromNs: bigint, toNs: bigint): readonly T[] {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.entries[middle]
      if (entry !== undefined && entry.atNs < fromNs) low = middle + 1
      else high = middle
    }
    const found: T[] = []
    for (let position = low; position < this.entries.length; position += 1) {
      const entry = this.entries[position]
      if (entry === undefined || entry.atNs > toNs) break
      found.push(entry.item)
    }
    return found
  }
}
