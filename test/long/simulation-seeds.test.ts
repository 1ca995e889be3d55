import { expect, test } from 'vitest'
import { checkRun } from '../simulation/check-run.ts'
import { simulate } from '../simulation/simulate.ts'

/** What `npm test` asks of fifty seeds, of a thousand others. */
const FIRST_SEED = 51
const SEEDS = 1000
const SEEDS_PER_TEST = 100

const BLOCKS = Array.from(
  { length: SEEDS / SEEDS_PER_TEST },
  (_, index) => FIRST_SEED + index * SEEDS_PER_TEST,
)

test.each(BLOCKS)('a hundred seeds from %i on keep every invariant', async (first) => {
  const breaches: string[] = []
  for (let seed = first; seed < first + SEEDS_PER_TEST; seed += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one world after the other
    breaches.push(...checkRun(await simulate(seed)))
  }
  expect(breaches).toEqual([])
})
