import type { WireBucket } from '../../../analyzer/api/wire.ts'

/** Bottom to top: what went well carries what did not, so that failures are on the skyline. */
export const CHART_OUTCOMES = ['ok', 'rescued', 'other', 'cancelled', 'failed'] as const
export type ChartOutcome = (typeof CHART_OUTCOMES)[number]

export interface StackedBucket {
  readonly start: string
  readonly total: number
  readonly parts: readonly {
    readonly outcome: ChartOutcome
    readonly from: number
    readonly to: number
  }[]
}

/** Each bucket as stacked parts in counts; empty parts are left out. */
export function stackBuckets(buckets: readonly WireBucket[]): readonly StackedBucket[] {
  return buckets.map((bucket) => {
    const parts = []
    let from = 0
    for (const outcome of CHART_OUTCOMES) {
      const to = from + bucket[outcome]
      if (to > from) parts.push({ outcome, from, to })
      from = to
    }
    return { start: bucket.start, total: from, parts }
  })
}

export function sumOutcomes(
  buckets: readonly WireBucket[],
): Readonly<Record<ChartOutcome, number>> {
  const sums = { ok: 0, rescued: 0, other: 0, cancelled: 0, failed: 0 }
  for (const bucket of buckets) {
    for (const outcome of CHART_OUTCOMES) sums[outcome] += bucket[outcome]
  }
  return sums
}
