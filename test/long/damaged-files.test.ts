import { expect, test } from 'vitest'
import { createChance } from '../simulation/chance.ts'
import {
  type Damage,
  FILE_KINDS,
  flipAt,
  killedFolder,
  startDamaged,
  WHOLE_DAMAGES,
} from '../system/analyzer-faults/damage.ts'

/**
 * `npm test` has one of each kind. `SECONDWIND_SEED` draws other places; with `SECONDWIND_DAMAGES`
 * there are only so many in the header, and so many anywhere.
 */
const seed = Number(process.env['SECONDWIND_SEED'] ?? 1)
const HEADER_BYTES = 100
const OFFSETS = Math.min(HEADER_BYTES, Number(process.env['SECONDWIND_DAMAGES'] ?? HEADER_BYTES))
const SHOWN_MAX = 5

function damages(): readonly Damage[] {
  const chance = createChance(seed)
  return [
    ...WHOLE_DAMAGES,
    ...Array.from({ length: OFFSETS }, (_, n) => flipAt(Math.floor((n * HEADER_BYTES) / OFFSETS))),
    ...Array.from({ length: OFFSETS }, () => flipAt(chance.between(0, 2 ** 30))),
  ]
}

test.each(FILE_KINDS)(
  'a start on any damage to $name tells nothing wrong, and takes new spans',
  async (kind) => {
    const used = await killedFolder()
    const failed: string[] = []
    for (const [index, damage] of damages().entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one start after the other
      const breaches = await startDamaged(used, { kind, damage, twice: index % 10 === 0 })
      if (breaches.length > 0) failed.push(`${damage.name}: ${breaches.join('; ')}`)
    }
    expect(failed.slice(0, SHOWN_MAX)).toEqual([])
  },
  3_600_000,
)
