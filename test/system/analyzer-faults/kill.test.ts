import { expect, test } from 'vitest'
import { percentile, runKills } from './kill-runs.ts'

/** Some of them are sealed and packed under the kills. */
const SMALL_SEGMENTS = ['retention: {span_mib: 32}']

/**
 * Invariants I7 and I12: what was acknowledged survives `kill -9` at any moment, once and whole,
 * and no repair step is needed. `SECONDWIND_SEED` plays one run again.
 */
const seed = Number(process.env['SECONDWIND_SEED'] ?? 1)

test('after five kills under eight senders all that was acked is there, once, and judged as without', async () => {
  const report = await runKills({ seed, runs: 5, batchesPerRun: 40, section: SMALL_SEGMENTS })
  const { breaches, readyMs, ackedSpans, unanswered, verdicts, undisturbed } = report
  process.stderr.write(
    `seed ${seed}: ${ackedSpans} spans acked, ${unanswered} batches unanswered, ready again p99 ${percentile(readyMs, 0.99).toFixed(0)} ms\n`,
  )
  expect(breaches).toEqual([])
  expect(verdicts).toEqual(undisturbed)
  expect(verdicts.requests.length).toBeGreaterThan(10)
  expect(unanswered).toBeGreaterThan(0)
}, 300_000)
