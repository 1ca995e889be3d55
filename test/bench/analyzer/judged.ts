import { setTimeout as sleep } from 'node:timers/promises'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { showProgress } from '../report.ts'
import type { AnalyzerProcess } from './receiver.ts'
import { askApi } from './stored.ts'

const LOOK_AGAIN_MS = 250
/** Seen twice in a row: between two of its turns nothing may seem to wait. */
const QUIET_LOOKS = 3

/** Waits for all that was on disk when the analyzer started; how fast that was. */
export async function waitUntilJudged(
  analyzer: AnalyzerProcess,
  spans: number,
): Promise<{ readonly spansPerS: number }> {
  const startedMs = performance.now()
  let doneMs = startedMs
  for (let quiet = 0; quiet < QUIET_LOOKS;) {
    const { requestsPending } = await askApi<WireHealth>(analyzer, 'health')
    showProgress(`judging: ${requestsPending} traces wait`)
    if (requestsPending > 0) quiet = 0
    else {
      if (quiet === 0) doneMs = performance.now()
      quiet += 1
    }
    await sleep(LOOK_AGAIN_MS)
  }
  return { spansPerS: (spans * 1000) / (doneMs - startedMs) }
}
