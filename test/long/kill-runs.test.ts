import { expect, test } from 'vitest'
import { percentile, runKills } from '../system/analyzer-faults/kill-runs.ts'

/** Some of them are sealed and packed under the kills. */
const SMALL_SEGMENTS = ['retention: {span_mib: 256}']
/** `npm test` has five; `SECONDWIND_KILLS` asks for more, `SECONDWIND_SEED` for others. */
const runs = Number(process.env['SECONDWIND_KILLS'] ?? 30)
const seed = Number(process.env['SECONDWIND_SEED'] ?? 2)

test('after every kill under eight senders all that was acked is there, once, and judged as without', async () => {
  const report = await runKills({ seed, runs, batchesPerRun: 40, section: SMALL_SEGMENTS })
  const { breaches, readyMs, ackedSpans, unanswered, verdicts, undisturbed } = report
  process.stderr.write(
    `seed ${seed}, ${runs} kills: ${ackedSpans} spans acked, ${unanswered} batches unanswered, ready again p50 ${percentile(readyMs, 0.5).toFixed(0)} ms, p99 ${percentile(readyMs, 0.99).toFixed(0)} ms\n`,
  )
  expect(breaches).toEqual([])
  expect(verdicts).toEqual(undisturbed)
  expect(unanswered).toBeGreaterThan(runs)
}, 3_600_000)
