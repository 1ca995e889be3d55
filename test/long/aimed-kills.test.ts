import { expect, test } from 'vitest'

import { AIMS, killAt } from '../system/analyzer-faults/aimed-kills.ts'
import { BACKUP_AIMS, killBackupAt } from '../system/analyzer-faults/backup-kills.ts'
import { canTrace } from '../system/analyzer-faults/strace.ts'

/** Invariant I12 where chance hits too seldom; `npm test` has kills at random moments. */
test.skipIf(!canTrace).each(AIMS)('killed while $what, it loses nothing', async (aim) => {
  const { hit, breaches } = await killAt(aim)
  expect(breaches).toEqual([])
  expect(hit).toBe(true)
})

test.skipIf(!canTrace).each(BACKUP_AIMS)(
  'a backup killed while $what is none, or a whole one, and leaves the store alone',
  async (aim) => {
    const { hit, breaches } = await killBackupAt(aim)
    expect(breaches).toEqual([])
    expect(hit).toBe(true)
  },
)
