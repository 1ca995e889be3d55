import { expect, test } from 'vitest'
import { FILE_KINDS, flipAt, killedFolder, startDamaged, WHOLE_DAMAGES } from './damage.ts'

/** Invariant I12 where a disk gave back other bytes; `npm run test:long` has hundreds of these. */

/** As much as can be read in a moment. */
const READ_BATCHES = 10

const SOME = [flipAt(18), flipAt(50_017), ...WHOLE_DAMAGES.slice(0, 1)]

test('a start on damaged files tells nothing wrong, says what is missing, and takes new spans', async () => {
  const used = { ...(await killedFolder()), readBatches: READ_BATCHES }
  for (const [turn, kind] of FILE_KINDS.entries()) {
    // One each: what they have in common is the start.
    const damage = SOME[turn % SOME.length] ?? flipAt(0)
    // oxlint-disable-next-line no-await-in-loop -- one start after the other
    const breaches = await startDamaged(used, { kind, damage, twice: turn < 2 })
    expect({ kind: kind.name, damage: damage.name, breaches }).toEqual({
      kind: kind.name,
      damage: damage.name,
      breaches: [],
    })
  }
}, 300_000)
