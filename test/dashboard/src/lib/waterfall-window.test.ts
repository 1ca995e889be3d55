import { expect, test } from 'vitest'
import {
  ROW_HEIGHT,
  scrollToShow,
  windowRows,
} from '../../../../dashboard/src/lib/waterfall-window.ts'

test('only a screenful is drawn, however long the trace', () => {
  const { first, last } = windowRows(2500 * ROW_HEIGHT, 600, 5000)
  expect(first).toBeLessThanOrEqual(2500)
  expect(last).toBeGreaterThanOrEqual(2500 + Math.ceil(600 / ROW_HEIGHT))
  expect(last - first).toBeLessThan(60)
  expect(windowRows(0, 600, 3)).toEqual({ first: 0, last: 3 })
  expect(windowRows(9999, 600, 0)).toEqual({ first: 0, last: 0 })
})

test('a row is scrolled to only where it is out of sight', () => {
  expect(scrollToShow(2, 0, 600)).toBeUndefined()
  expect(scrollToShow(1, 5 * ROW_HEIGHT, 600)).toBe(ROW_HEIGHT)
  expect(scrollToShow(100, 0, 600)).toBe(101 * ROW_HEIGHT - 600)
})
