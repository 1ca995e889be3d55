import type { StoredRow } from './request-book.ts'
import type { CountedIds, SeriesBook } from './series-book.ts'

interface Replaced {
  readonly before: readonly StoredRow[]
  readonly coming: readonly CountedIds[]
  /** Judged before in verdicts that were dropped: nothing of it is new. */
  readonly again: boolean
}

/**
 * Where one request takes the place of another, that is one request that was judged before. Only
 * what is more than that is new; what is counted otherwise now is withdrawn.
 */
export function tallyReplaced(series: SeriesBook, { before, coming, again }: Replaced): void {
  const left = new Map<string, CountedIds[]>()
  for (const row of before) {
    const key = tallyKey(row)
    left.set(key, [...(left.get(key) ?? []), row])
  }
  const changed = coming.filter((row) => left.get(tallyKey(row))?.pop() === undefined)
  for (const row of [...left.values()].flat()) series.tally('withdrawn', row)
  if (again) return
  const replaced = [...left.values()].flat().length
  for (const row of changed.slice(replaced)) series.tally('judged', row)
}

function tallyKey({ series_id: series, failure_id: failure, findings }: CountedIds): string {
  return JSON.stringify([series, failure, findings])
}
