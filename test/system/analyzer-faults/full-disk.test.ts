import { expect, test } from 'vitest'
import { startAnalyzerProcess } from './analyzer-process.ts'
import { diskTrouble, type Episode } from './disk-episodes.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { checkStored } from './stored.ts'
import { canTrace } from './strace.ts'
import { drawBatches } from './traffic.ts'

/** Invariants I7 and I12 while the disk is full or failing; needs `strace`, which makes it so. */

const TROUBLES = [
  // From which write on: of the log's header, of a page, of the index; and in a checkpoint.
  ...[1, 2, 3, 7, 40].map((write) => `pwrite64:error=ENOSPC:when=${write}+`),
  'fdatasync,fsync:error=EIO:when=1+',
  'fdatasync,fsync:error=EIO:when=2+',
]

test.skipIf(!canTrace)(
  'a disk that is full or fails for a while loses nothing that was acked, and needs no restart',
  async () => {
    const dataDir = saltedFolder()
    const analyzer = await startAnalyzerProcess({ dataDir })
    const batches = [...drawBatches(3, { batches: 400, fromMs: Date.now(), spansPerBatchMax: 8 })]
    const episodes: Episode[] = []
    for (const inject of TROUBLES) {
      // oxlint-disable-next-line no-await-in-loop -- one trouble after the other
      const episode = await diskTrouble(analyzer, { inject, batches })
      expect({ inject, breaches: episode.breaches }).toEqual({ inject, breaches: [] })
      expect(episode.refused).toBeGreaterThan(0)
      episodes.push(episode)
    }
    const slowest = Math.max(...episodes.map(({ slowestMs }) => slowestMs))
    process.stderr.write(`refused within ${slowest.toFixed(0)} ms\n`)
    const acked = episodes.flatMap((episode) => episode.acked)
    const unanswered = batches.splice(0)
    expect(await checkStored(analyzer, { acked, unanswered })).toEqual([])
    await analyzer.kill()

    const next = await startAnalyzerProcess({ dataDir })
    expect(await checkStored(next, { acked, unanswered })).toEqual([])
    await sendAll(next, unanswered)
    expect(await checkStored(next, { acked: [...acked, ...unanswered] })).toEqual([])
  },
  120_000,
)
