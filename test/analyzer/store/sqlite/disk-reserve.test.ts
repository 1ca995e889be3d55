import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { keepReserve, useReserve } from '../../../../analyzer/store/sqlite/disk-reserve.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

// On a disk that is really full: test/system/analyzer-faults/full-disk.test.ts.

test('room is kept for the next start, once, and left alone where there is enough', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'reserve')
  keepReserve(folder)
  const before = readFileSync(file)
  expect(before).toHaveLength(4 * 1024 * 1024)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  keepReserve(folder)
  useReserve(folder)
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('a folder that is gone is nobody’s trouble here', () => {
  const folder = temporaryFolder()
  rmSync(folder, { recursive: true })
  expect(() => keepReserve(folder)).not.toThrow()
})
