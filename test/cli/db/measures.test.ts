import { expect, test } from 'vitest'

import { parseAge, parseSize, showBytes, showTime } from '../../../cli/db/measures.ts'

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [200 * 1024, '200 KiB'],
  [5 * 1024 ** 4, '5.0 TiB'],
  [5000 * 1024 ** 4, '5000 TiB'],
])('shows %d bytes as %s', (bytes, text) => {
  expect(showBytes(bytes)).toBe(text)
})

test('shows times to the second', () => {
  expect(showTime(1_760_000_000_999)).toBe('2025-10-09T08:53:20Z')
})

test.each([
  ['500MiB', 500 * 1024 ** 2],
  ['1.5 GiB', 1.5 * 1024 ** 3],
  ['2gb', 2e9],
  ['10b', 10],
])('reads the size %s', (text, bytes) => {
  expect(parseSize('to-size', text)).toBe(bytes)
})

test.each([
  ['90m', 90 * 60_000],
  ['12h', 12 * 3_600_000],
  ['7d', 7 * 24 * 3_600_000],
  ['2W', 14 * 24 * 3_600_000],
])('reads the age %s', (text, ms) => {
  expect(parseAge('older-than', text)).toBe(ms)
})

test.each(['', '7', 'd', '7 days', '-1d', '7x', '1e9d', '7d7d', '1constructor', 'infinity'])(
  'refuses "%s" as an age and as a size',
  (text) => {
    expect(() => parseAge('older-than', text)).toThrow(/--older-than: expected an age such as/)
    expect(() => parseSize('to-size', text)).toThrow(/--to-size: expected a size such as/)
  },
)
