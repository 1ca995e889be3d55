import { describe, expect, test } from 'vitest'

import { buildWorld, endOf, NO_TROUBLE } from '../../support/metamorphic.ts'

// Invariant I8: order, duplication and delay of spans do not change the verdict. A request that was
// told twice, or half, would be silent: all figures look plausible.

const SEED = 1
const world = buildWorld(200, SEED)
let undisturbed: unknown

describe(`a world of two hundred traces (seed ${SEED})`, () => {
  test.each([
    ['in another order', { duplicated: 0, delayed: 0, killed: 0 }],
    ['with duplicates', { duplicated: 0.5, delayed: 0, killed: 0 }],
    ['with delays beyond their verdicts', { duplicated: 0, delayed: 0.3, killed: 0 }],
    ['with everything, and a judge that is killed', { duplicated: 0.2, delayed: 0.1, killed: 0.2 }],
  ])('%s ends in the same verdicts, incidents and counts', (_, trouble) => {
    undisturbed ??= endOf(world, NO_TROUBLE)
    for (const round of [1, 2]) {
      expect(endOf(world, { ...trouble, seed: 100 * SEED + round })).toEqual(undisturbed)
    }
  })
})
