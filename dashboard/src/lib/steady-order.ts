export interface SteadyList<T> {
  readonly items: readonly T[]
  /** Items that came while the list was held: said, not shown, until the reader lets them in. */
  readonly waiting: number
}

/**
 * The items in an order that does not move under the reader's cursor. While held, the rows on the
 * screen keep their places and get their new contents; rows that are gone leave, new ones wait.
 */
export function keepOrder<T>(
  fresh: readonly T[],
  shownKeys: readonly string[],
  keyOf: (item: T) => string,
): SteadyList<T> {
  const byKey = new Map(fresh.map((item) => [keyOf(item), item]))
  const items = shownKeys.flatMap((key) => {
    const item = byKey.get(key)
    return item === undefined ? [] : [item]
  })
  return { items, waiting: byKey.size - items.length }
}
