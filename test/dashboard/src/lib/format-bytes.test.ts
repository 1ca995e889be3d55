import { expect, test } from 'vitest'
import { formatBytes } from '../../../../dashboard/src/lib/format-bytes.ts'

test.each([
  [0, '0 B'],
  [980, '980 B'],
  [1023.6, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [10_240, '10 KiB'],
  [1_048_575, '1.0 MiB'],
  [134_217_728, '128 MiB'],
  [2_147_483_648, '2.0 GiB'],
  [5e15, '4547 TiB'],
  [Number.NaN, '–'],
  [-1, '–'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
