import { describe, expect, test } from 'vitest'
import {
  formatAgo,
  formatDurationMs,
  formatDurationNs,
} from '../../../../dashboard/src/lib/format-duration.ts'

describe('a duration', () => {
  test.each([
    [0, '0 ms'],
    [0.0004, '1 µs'],
    [0.42, '420 µs'],
    [1, '1 ms'],
    [12.34, '12.3 ms'],
    [820, '820 ms'],
    [1000, '1 s'],
    [2140, '2.14 s'],
    [59_960, '60 s'],
    [63_210, '1 min 03 s'],
    [3_840_000, '1 h 04 min'],
  ])('of %d ms is written %s', (durationMs, text) => {
    expect(formatDurationMs(durationMs)).toBe(text)
  })

  test('that is negative or no number is a dash', () => {
    expect(formatDurationMs(-1)).toBe('–')
    expect(formatDurationMs(Number.NaN)).toBe('–')
  })

  test('in nanoseconds is exact beyond what a double can hold', () => {
    const startNs = 1_772_600_767_000_000_000n
    expect(formatDurationNs(startNs + 184_000_000n - startNs)).toBe('184 ms')
  })
})

describe('an age', () => {
  test.each([
    [-5000, 'now'],
    [999, 'now'],
    [3000, '3 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [3_600_000, '1 h ago'],
    [172_800_000, '2 d ago'],
  ])('of %d ms is written %s', (elapsedMs, text) => {
    expect(formatAgo(elapsedMs)).toBe(text)
  })
})
