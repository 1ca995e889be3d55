import { describe, expect, test } from 'vitest'

import { WINDOW_RULES } from '../../../analyzer/rules/window/index.ts'
import {
  buildApplicationWorld,
  buildWorld,
  endOf,
  NO_TROUBLE,
  seenEarlier,
  type Snapshot,
} from '../../support/metamorphic.ts'

// Invariant I8: order, duplication and delay of spans do not change the verdict. A request that was
// told twice, or half, would be silent: all figures look plausible.

const SEED = 1
const world = buildWorld(200, SEED)
let known: Snapshot | undefined

function undisturbed(): Snapshot {
  known ??= endOf(world, NO_TROUBLE)
  return known
}

describe(`a world of two hundred traces (seed ${SEED})`, () => {
  test.each([
    ['in another order', { duplicated: 0, delayed: 0, killed: 0 }],
    ['with duplicates', { duplicated: 0.5, delayed: 0, killed: 0 }],
    ['with delays beyond their verdicts', { duplicated: 0, delayed: 0.3, killed: 0 }],
    ['with everything, and a judge that is killed', { duplicated: 0.2, delayed: 0.1, killed: 0.2 }],
  ])('%s ends in the same verdicts, incidents and counts', (_, trouble) => {
    for (const round of [1, 2]) {
      expect(endOf(world, { ...trouble, seed: 100 * SEED + round })).toEqual(undisturbed())
    }
  })

  const DAY_MS = 24 * 3_600_000

  test('by a clock that is a day behind it ends in the same, a day earlier', () => {
    const trouble = { seed: 100 * SEED + 3, duplicated: 0.2, delayed: 0.1, killed: 0 }
    const end = endOf(world, { ...trouble, aheadMs: -DAY_MS })
    expect(seenEarlier(end, -DAY_MS)).toEqual(undisturbed())
  })

  test('by a clock that is a day ahead it ends in the same verdicts and incidents', () => {
    const trouble = { seed: 100 * SEED + 4, duplicated: 0.2, delayed: 0.1, killed: 0 }
    const end = endOf(world, { ...trouble, aheadMs: DAY_MS })
    expect(verdictsOf(seenEarlier(end, DAY_MS) as Snapshot)).toEqual(verdictsOf(undisturbed()))
  })
})

test.each([1, 2])(
  'calls that two libraries noted end as one, whatever came first (seed %i)',
  (seed) => {
    const application = buildApplicationWorld(120, seed)
    const end = endOf(application, NO_TROUBLE)
    for (const trouble of [
      { duplicated: 0.5, delayed: 0, killed: 0 },
      { duplicated: 0.1, delayed: 0.3, killed: 0.2 },
    ]) {
      expect(endOf(application, { ...trouble, seed: 10 * seed })).toEqual(end)
    }
  },
)

/**
 * What happened in the future is put where it was received, so it has another minute; and what a
 * router knew when it chose cannot be told by a clock that is ahead, so windows say nothing of it.
 */
function verdictsOf({ requests, incidents }: Snapshot): unknown {
  const ofWindows = new Set(WINDOW_RULES.map(({ id }) => id))
  return {
    requests: requests.map((request) => ({ ...(request as object), atMs: undefined })),
    incidents: incidents
      .filter(({ rule }) => !ofWindows.has(rule))
      .map(({ fingerprint, count, severity }) => ({ id: fingerprint.id, count, severity }))
      .toSorted((left, right) => (left.id < right.id ? -1 : 1)),
  }
}
