import { getPriority } from 'node:os'

import { expect, test } from 'vitest'

import { lowerPriority } from '../../../analyzer/threads/lower-priority.ts'

test('a process that was started with a higher nice value keeps it', () => {
  const before = getPriority()
  lowerPriority(before - 1)
  expect(getPriority()).toBe(before)
})

test.skipIf(process.platform !== 'linux')('a thread of less is made to wait for others', () => {
  const wished = Math.min(getPriority() + 1, 19)
  lowerPriority(wished)
  expect(getPriority()).toBe(wished)
})
