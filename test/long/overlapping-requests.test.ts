import { expect, test } from 'vitest'

import { loadRecordings } from '../support/litellm-recordings.ts'
import { rename } from '../support/move-recordings.ts'
import { faultsOfLiveOverlap } from '../support/overlap-live.ts'
import { alikes } from '../support/overlap-recordings.ts'

// Invariants I7 and I8: a wrong joining looks like any right one, and nobody would ever see it.

const recordings = loadRecordings()
const modes = [...new Set(recordings.map(({ mode }) => mode))]

const CROWDS = [
  { name: 'at the same instant', withinMs: 0 },
  { name: 'within a second', withinMs: 1000 },
  { name: 'within half a minute', withinMs: 30_000 },
]

const CASES = modes.flatMap((mode) => CROWDS.map((crowd) => ({ mode, ...crowd })))

test.each(CASES)(
  'requests to LiteLLM $mode that begin $name are never taken for one',
  async ({ mode, withinMs }) => {
    const own = recordings
      .filter((recording) => recording.mode === mode)
      .map((recording, position) => rename(recording, `r${position}x`))
    expect(await faultsOfLiveOverlap(own, { withinMs, seed: 1 })).toEqual([])
  },
)

test.each(CASES)(
  'nor are they where all of LiteLLM $mode that begin $name go to the same routes',
  async ({ mode, withinMs }) => {
    const [own = []] = alikes(recordings.filter((recording) => recording.mode === mode)).toSorted(
      (left, right) => right.length - left.length,
    )
    expect(await faultsOfLiveOverlap(own, { withinMs, copies: 3, seed: 2 })).toEqual([])
  },
)
