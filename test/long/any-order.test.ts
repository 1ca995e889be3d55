import { describe, expect, test } from 'vitest'

import { buildWorld, endOf, NO_TROUBLE } from '../support/metamorphic.ts'

// Invariant I8 in full: two hundred traces in fifty orders, with duplicates, delays and batches of
// any size, under a judge that is killed now and then.

describe.each([1, 2, 3])('a world of two hundred traces (seed %i)', (seed) => {
  const world = buildWorld(200, seed)

  test('ends in the same verdicts in each of fifty orders', () => {
    const end = endOf(world, NO_TROUBLE)
    for (let round = 1; round <= 50; round += 1) {
      const trouble = {
        seed: 1000 * seed + round,
        duplicated: (round % 5) / 8,
        delayed: (round % 3) / 6,
        killed: (round % 4) / 10,
      }
      expect(endOf(world, trouble), `round ${round}`).toEqual(end)
    }
  })
})
