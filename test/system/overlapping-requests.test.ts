import { expect, test } from 'vitest'

import { loadRecordings } from '../support/litellm-recordings.ts'
import { rename } from '../support/move-recordings.ts'
import { faultsOfLiveOverlap } from '../support/overlap-live.ts'

// Invariants I7 and I8, for what is hardest to keep apart: `npm run test:long` has every release.

const recordings = loadRecordings()

test.each(['1.95.1/sdk-v1', '1.109.1/sdk-v2', '1.83.14/v1'])(
  'requests to LiteLLM %s that overlap are never taken for one, all the way',
  async (mode) => {
    const own = recordings
      .filter((recording) => recording.mode === mode)
      .map((recording, position) => rename(recording, `r${position}x`))
    expect(await faultsOfLiveOverlap(own, { withinMs: 1000, seed: 1 })).toEqual([])
  },
)
