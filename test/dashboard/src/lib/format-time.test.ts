import { expect, test } from 'vitest'
import {
  formatAxisTime,
  formatIso,
  formatLocalTime,
  parseNanoTime,
} from '../../../../dashboard/src/lib/format-time.ts'

const NOON_MS = new Date(2026, 2, 4, 12, 0, 7).getTime()

test('a time of today is a time, another day has its date', () => {
  expect(formatLocalTime(NOON_MS, NOON_MS)).toBe('12:00:07')
  expect(formatLocalTime(NOON_MS - 86_400_000, NOON_MS)).toBe('03 Mar, 12:00:07')
})

test('an axis longer than a day is told in days', () => {
  expect(formatAxisTime(NOON_MS, 3_600_000)).toBe('12:00')
  expect(formatAxisTime(NOON_MS, 7 * 86_400_000)).toBe('04 Mar')
})

test('what is no time is shown as none', () => {
  expect(formatLocalTime(Number.NaN, NOON_MS)).toBe('–')
  expect(formatIso(Number.NaN)).toBe('')
  expect(parseNanoTime('soon')).toBeNaN()
  expect(parseNanoTime('')).toBeNaN()
})

test('nanoseconds that travel as a string become milliseconds', () => {
  expect(parseNanoTime('1772600767123456789')).toBe(1_772_600_767_123)
})
