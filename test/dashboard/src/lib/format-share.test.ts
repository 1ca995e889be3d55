import { describe, expect, test } from 'vitest'
import {
  formatCount,
  formatPlural,
  formatShare,
  PERCENT_CASES_MIN,
} from '../../../../dashboard/src/lib/format-share.ts'

describe('a share', () => {
  test('is counts and no percentage below twenty cases', () => {
    expect(formatShare(3, 4)).toEqual({ main: '3 of 4', detail: '' })
    expect(formatShare(0, 0)).toEqual({ main: '0 of 0', detail: '' })
    expect(formatShare(19, PERCENT_CASES_MIN - 1).main).toBe('19 of 19')
  })

  test('is a percentage with its counts from twenty cases on', () => {
    expect(formatShare(5, PERCENT_CASES_MIN)).toEqual({ main: '25 %', detail: '5 of 20' })
    expect(formatShare(14, 31)).toEqual({ main: '45 %', detail: '14 of 31' })
    expect(formatShare(1234, 56_789).detail).toBe('1,234 of 56,789')
  })

  test('never rounds one failure to none, nor one success away', () => {
    expect(formatShare(1, 10_000).main).toBe('< 0.1 %')
    expect(formatShare(9999, 10_000).main).toBe('> 99.9 %')
    expect(formatShare(995, 1000).main).toBe('99.5 %')
    expect(formatShare(0, 10_000).main).toBe('0 %')
    expect(formatShare(10_000, 10_000).main).toBe('100 %')
  })

  test('keeps a digit where a small percentage needs it', () => {
    expect(formatShare(1, 64).main).toBe('1.6 %')
    expect(formatShare(2, 100).main).toBe('2 %')
  })
})

test('counts are grouped, and what is no number is a dash', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567')
  expect(formatCount(Number.NaN)).toBe('–')
})

test('one is singular', () => {
  expect(formatPlural(1, 'span')).toBe('1 span')
  expect(formatPlural(0, 'span')).toBe('0 spans')
})
