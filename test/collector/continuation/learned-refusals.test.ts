import { expect, test } from 'vitest'
import { createLearnedRefusals } from '../../../collector/continuation/learned-refusals.ts'

test('only so many refusals are remembered; the oldest goes first', () => {
  const refusals = createLearnedRefusals()
  for (let index = 0; index <= 4096; index += 1) refusals.learn(`d${index}`, 0)
  expect(refusals.refuses('d0', 0)).toBe(false)
  expect(refusals.refuses('d1', 0)).toBe(true)
  expect(refusals.refuses('d4096', 0)).toBe(true)
})
