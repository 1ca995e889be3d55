import { expect, test } from 'vitest'
import { describeReport, runDisconnects } from '../collector/faults/disconnect-trials.ts'

/** `npm test` has a hundred of them. */
test.each([11, 12])(
  'a thousand clients that leave at any time leave nothing: seed %i',
  async (seed) => {
    const report = await runDisconnects(1000, seed)
    process.stderr.write(describeReport(report))

    expect(report).toMatchObject({ orphans: 0, attemptsAfterLeaving: 0, neverClosed: 0 })
    expect(report.cancelled).toBeGreaterThan(300)
  },
)
