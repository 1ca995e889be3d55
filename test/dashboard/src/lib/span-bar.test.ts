import { expect, test } from 'vitest'
import { placeBar, rangeOf } from '../../../../dashboard/src/lib/span-bar.ts'
import { buildSpanRows } from '../../../../dashboard/src/lib/span-tree.ts'
import { sketchSpan } from '../../../browser/wire-fixtures.ts'

const rows = buildSpanRows([
  sketchSpan({ id: 'a', parent: '', name: 'a', fromMs: 0, toMs: 100 }),
  sketchSpan({ id: 'b', parent: 'a', name: 'b', fromMs: 50, toMs: 75 }),
  sketchSpan({ id: 'c', parent: 'a', name: 'c', fromMs: 100, toMs: 100 }),
])

test('bars lie on one axis from the first start to the last end', () => {
  const range = rangeOf(rows)
  expect(range.durationNs).toBe(100_000_000)
  expect(rows.map((row) => placeBar(row, range))).toEqual([
    { x: 0, width: 100 },
    { x: 50, width: 25 },
    { x: 99.7, width: expect.closeTo(0.3) as number },
  ])
})

test('a trace without spans has an axis all the same', () => {
  expect(rangeOf([])).toEqual({ startNs: 0n, durationNs: 1 })
})
