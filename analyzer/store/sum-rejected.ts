import type { SpanCounts } from './store.ts'

/** Of all sources, by reason. */
export function sumRejected({ sources }: SpanCounts): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const { rejectedBy } of sources) {
    for (const [reason, count] of rejectedBy) sums.set(reason, (sums.get(reason) ?? 0) + count)
  }
  return sums
}
