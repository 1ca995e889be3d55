import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { niceTicks, scaleCounts } from '../../../../dashboard/src/lib/time-axis.ts'

test('ticks are round and lie on the axis', () => {
  expect(niceTicks(2410, 5).map((tick) => tick.value)).toEqual([0, 500, 1000, 1500, 2000])
  expect(niceTicks(20, 4).map((tick) => tick.value)).toEqual([0, 5, 10, 15, 20])
  expect(niceTicks(0, 4)).toEqual([{ value: 0, percent: 0 }])
  expect(niceTicks(Number.NaN, 4)).toEqual([{ value: 0, percent: 0 }])
})

test('there are never more ticks than were asked for, and the zero', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
      fc.integer({ min: 2, max: 9 }),
      (max, count) => {
        const ticks = niceTicks(max, count)
        expect(ticks.length).toBeLessThanOrEqual(count + 1)
        for (const { percent } of ticks) expect(percent).toBeLessThanOrEqual(100.001)
      },
    ),
  )
})

test('the top of a scale of counts is a whole number that no bar exceeds', () => {
  const tops = [0, 1, 3, 18, 19, 101, 2500].map((highest) => scaleCounts(highest).top)
  expect(tops).toEqual([1, 1, 3, 20, 20, 150, 3000])
  fc.assert(
    fc.property(fc.nat(1_000_000), (highest) => {
      const { top, ticks } = scaleCounts(highest)
      expect(top).toBeGreaterThanOrEqual(highest)
      expect(ticks.at(-1)).toEqual({ value: top, percent: 100 })
      expect(ticks.every(({ value }) => Number.isInteger(value))).toBe(true)
      expect(ticks.length).toBeLessThanOrEqual(6)
    }),
  )
})
