import { expect, test } from 'vitest'
import { stackBuckets, sumOutcomes } from '../../../../dashboard/src/lib/stack-buckets.ts'

const bucket = { start: 's', ok: 4, rescued: 0, failed: 2, cancelled: 1, other: 0 }

test('parts stand on each other without gaps, failures on top', () => {
  expect(stackBuckets([bucket])).toEqual([
    {
      start: 's',
      total: 7,
      parts: [
        { outcome: 'ok', from: 0, to: 4 },
        { outcome: 'cancelled', from: 4, to: 5 },
        { outcome: 'failed', from: 5, to: 7 },
      ],
    },
  ])
})

test('the legend sums what the bars show', () => {
  expect(sumOutcomes([bucket, bucket])).toEqual({
    ok: 8,
    rescued: 0,
    failed: 4,
    cancelled: 2,
    other: 0,
  })
})
