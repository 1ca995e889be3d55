import { expect, test } from 'vitest'
import { traceAcks } from './ack-order.ts'
import { startAnalyzerProcess } from './analyzer-process.ts'
import { filesIn } from './data-files.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { checkPacking, tracePacking } from './pack-order.ts'
import { canTrace, parseTrace } from './strace.ts'
import { drawBatches } from './traffic.ts'
import { waitUntil } from '../../support/wait-until.ts'

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

test.skipIf(!canTrace)(
  'a packed segment and its name are on disk before the one that it replaces is removed',
  async () => {
    const dataDir = saltedFolder()
    const analyzer = await startAnalyzerProcess({ dataDir, section: ['retention: {span_mib: 16}'] })
    const batches = drawBatches(21, { batches: 40, fromMs: Date.now() - 7 * 24 * 3_600_000 })
    const { packed, breaches } = await tracePacking(analyzer, async () => {
      await sendAll(analyzer, batches)
      await waitUntil(
        () =>
          filesIn(dataDir).some((file) => file.endsWith('.packed.db')) &&
          filesIn(dataDir).filter((file) => file.endsWith('.hot.db')).length === 1,
        'all but the open segment are packed',
      )
    })
    expect(breaches).toEqual([])
    expect(packed).toBeGreaterThan(0)
  },
  120_000,
)

test.each([
  ['its bytes', 4],
  ['its name', 6],
])('of a packed segment whose %s were never synced this is told', (what, line) => {
  const lines = [
    '1 pwrite64(9</d/000001.packed.db.tmp>, "x", 1, 0) = 1',
    '1 fdatasync(9</d/000001.packed.db.tmp>) = 0',
    '1 pwrite64(9</d/000001.packed.db.tmp>, "x", 1, 0) = 1',
    '1 pwrite64(9</d/000001.packed.db.tmp>, "y", 1, 1) = 1',
    '1 fdatasync(9</d/000001.packed.db.tmp>) = 0',
    '1 rename("/d/000001.packed.db.tmp", "/d/000001.packed.db") = 0',
    '1 fsync(8</d>) = 0',
    '1 unlink("/d/000001.hot.db") = 0',
  ]
  expect(checkPacking(parseTrace(lines.join('\n')))).toEqual({ packed: 1, breaches: [] })
  const { breaches } = checkPacking(parseTrace(lines.toSpliced(line, 1).join('\n')))
  expect(breaches).toEqual([`/d/000001: ${what} may not be on disk when the other one goes`])
})
