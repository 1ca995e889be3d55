import { expect, test } from 'vitest'
import { startAnalyzerProcess } from '../system/analyzer-faults/analyzer-process.ts'
import { diskTrouble } from '../system/analyzer-faults/disk-episodes.ts'
import { saltedFolder, sendAll } from '../system/analyzer-faults/kill-runs.ts'
import { checkStored, settled } from '../system/analyzer-faults/stored.ts'
import { canTrace } from '../system/analyzer-faults/strace.ts'
import { type Batch, drawBatches } from '../system/analyzer-faults/traffic.ts'

/** `npm test` has some of them; here the disk is full from each of two hundred writes on. */
const WRITES = 200
const SYNCS = 20

const TROUBLES = [
  ...Array.from({ length: WRITES }, (_, index) => `pwrite64:error=ENOSPC:when=${index + 1}+`),
  ...Array.from({ length: SYNCS }, (_, index) => `fdatasync,fsync:error=EIO:when=${index + 1}+`),
  ...Array.from({ length: SYNCS }, (_, index) => `pwrite64:error=EIO:when=${index + 1}+`),
]

test.skipIf(!canTrace)(
  'a disk that is full from any write on loses nothing that was acked',
  async () => {
    const dataDir = saltedFolder()
    const analyzer = await startAnalyzerProcess({ dataDir })
    const fromMs = Date.now() - 7 * 24 * 3_600_000
    const batches = [...drawBatches(8, { batches: 12_000, fromMs, spansPerBatchMax: 8 })]
    const acked: Batch[] = []
    let slowestMs = 0
    let silent = 0
    for (const inject of TROUBLES) {
      // oxlint-disable-next-line no-await-in-loop -- one trouble after the other
      const episode = await diskTrouble(analyzer, { inject, batches })
      expect({ inject, breaches: episode.breaches }).toEqual({ inject, breaches: [] })
      acked.push(...episode.acked)
      slowestMs = Math.max(slowestMs, episode.slowestMs)
      if (episode.refused === 0) silent += 1
    }
    process.stderr.write(
      `${TROUBLES.length} troubles, ${silent} unnoticed; ${acked.length} batches acked, answered within ${slowestMs.toFixed(0)} ms\n`,
    )
    expect(silent).toBeLessThan(TROUBLES.length / 20)
    const unanswered = batches.splice(0)
    expect(await checkStored(analyzer, { acked, unanswered })).toEqual([])
    await analyzer.kill()

    const next = await startAnalyzerProcess({ dataDir })
    expect(await checkStored(next, { acked, unanswered })).toEqual([])
    await sendAll(next, unanswered)
    await settled(next)
    expect(await checkStored(next, { acked: [...acked, ...unanswered] })).toEqual([])
  },
  3_600_000,
)
