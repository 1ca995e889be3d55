/** Something that is to be looked at when its time has come. */
export interface Scheduled {
  /** When that is; changed by `DueQueue.schedule` alone. */
  scheduledMs: number
}

interface Entry<Item> {
  readonly atMs: number
  readonly item: Item
}

/**
 * The next item whose time has come, without a look at all the others: a binary heap. An item that
 * is scheduled again leaves its old entry behind, which is skipped when it comes up.
 */
export class DueQueue<Item extends Scheduled> {
  readonly #heap: Entry<Item>[] = []

  schedule(item: Item, atMs: number): void {
    item.scheduledMs = atMs
    this.#push({ atMs, item })
  }

  /** Forgets when it was to be looked at. */
  cancel(item: Item): void {
    item.scheduledMs = Infinity
  }

  /** The time of the first item; undefined where there is none. */
  nextMs(): number | undefined {
    this.#dropStale()
    return this.#heap[0]?.atMs
  }

  /** Takes the first item, if its time has come by then. */
  take(nowMs: number): Item | undefined {
    const next = this.nextMs()
    if (next === undefined || next > nowMs) return undefined
    const item = this.#pop()?.item
    if (item !== undefined) item.scheduledMs = Infinity
    return item
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.item.scheduledMs === first.atMs) return
      this.#pop()
    }
  }

  #push(entry: Entry<Item>): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.atMs <= entry.atMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = entry
  }

  #pop(): Entry<Item> | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const isRight = right !== undefined && left !== undefined && right.atMs < left.atMs
      const least = isRight ? right : left
      if (least === undefined || least.atMs >= last.atMs) break
      heap[at] = least
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = last
    return first
  }
}
