import { expect, test } from 'vitest'
import { traceAcks } from './ack-order.ts'
import { startAnalyzerProcess } from './analyzer-process.ts'
import { saltedFolder } from './kill-runs.ts'
import { canTrace } from './strace.ts'

/** Invariant I7, as far as a kernel that does not lose power can show it; needs `strace`. */

const COMMITS = 40

test.skipIf(!canTrace)(
  'every answer leaves after the fsync of its commit',
  async () => {
    const analyzer = await startAnalyzerProcess({ dataDir: saltedFolder() })
    const { syncs, acks, breaches } = await traceAcks(analyzer, COMMITS)
    expect(breaches).toEqual([])
    expect(acks).toBe(COMMITS - 1)
    expect(syncs).toBeGreaterThanOrEqual(acks)
  },
  120_000,
)
