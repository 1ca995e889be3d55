import { expect, test } from 'vitest'

import { AIMS, killAt } from '../system/analyzer-faults/aimed-kills.ts'
import { canTrace } from '../system/analyzer-faults/strace.ts'

/** Invariant I12 where chance hits too seldom; `npm test` has kills at random moments. */
test.skipIf(!canTrace).each(AIMS)('killed while $what, it loses nothing', async (aim) => {
  const { hit, breaches } = await killAt(aim)
  expect(breaches).toEqual([])
  expect(hit).toBe(true)
})
