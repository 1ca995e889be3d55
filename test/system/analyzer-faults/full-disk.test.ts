import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { RESERVE_BYTES } from '../../../analyzer/store/sqlite/disk-reserve.ts'
import { filesOf } from '../../../analyzer/store/sqlite/folder-files.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { type AnalyzerProcess, type Sent, startAnalyzerProcess } from './analyzer-process.ts'
import { diskTrouble, type Episode } from './disk-episodes.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { checkStored } from './stored.ts'
import { canTrace } from './strace.ts'
import { type Batch, drawBatches } from './traffic.ts'

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

const UNSHARE = 'unshare'
const APART = [UNSHARE, '-rm', 'sh', '-c'] as const
const SMALL_DISK = 'mount -t tmpfs -o size=32m none "$0" && exec "$@"'
const canMount = spawnSync(UNSHARE, ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

/** Takes what was acknowledged out of `waiting`. */
async function sendUntilRefused(
  analyzer: Pick<AnalyzerProcess, 'send'>,
  waiting: Batch[],
): Promise<{ readonly acked: readonly Batch[]; readonly refusal: Sent }> {
  const acked: Batch[] = []
  // Until there is no room in pages that were there before either.
  for (;;) {
    const [batch] = waiting
    if (batch === undefined) throw new Error('the disk took it all')
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const refusal = await analyzer.send(batch)
    if (refusal.status !== 200) return { acked, refusal }
    acked.push(...waiting.splice(0, 1))
  }
}

test.skipIf(!canMount)(
  'a disk that somebody else fills up is written again when there is room',
  async () => {
    const dataDir = saltedFolder()
    const analyzer = await startAnalyzerProcess({ dataDir, under: [...APART, SMALL_DISK, dataDir] })
    const batches = drawBatches(4, { batches: 60, fromMs: Date.now(), spansPerBatchMax: 100 })
    const [before, waiting] = [batches.slice(0, 10), batches.slice(10)]
    await sendAll(analyzer, before)
    // The mount is seen by nobody else; this is the way in.
    const folder = join(`/proc/${analyzer.pid}/root`, dataDir)
    await waitForReserve(folder)
    const ballast = join(folder, 'ballast')
    fillUp(ballast)
    const { acked, refusal } = await sendUntilRefused(analyzer, waiting)
    expect(refusal).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/u) as unknown })
    const stored = { acked: [...before, ...acked], unanswered: waiting }
    expect(await checkStored(analyzer, stored)).toEqual([])
    rmSync(ballast)
    await waitUntil(async () => {
      const [batch] = waiting
      return batch !== undefined && (await analyzer.send(batch)).status === 200
    }, 'writing again')
    await sendAll(analyzer, waiting)
    expect(await checkStored(analyzer, { acked: batches })).toEqual([])
  },
  120_000,
)

test.skipIf(!canMount).each(['SIGTERM', 'SIGKILL'] as const)(
  'an analyzer that was ended by %s starts on a full disk, shows what it has, and takes spans again when there is room',
  async (signal) => {
    const dataDir = saltedFolder()
    const disk = await mountSmallDisk(dataDir)
    const first = await startAnalyzerProcess({ dataDir, under: disk.inside })
    const batches = drawBatches(5, { batches: 60, fromMs: Date.now(), spansPerBatchMax: 100 })
    const [before, waiting] = [batches.slice(0, 10), batches.slice(10)]
    await sendAll(first, before)
    const folder = join(disk.root, dataDir)
    await waitForReserve(folder)
    await (signal === 'SIGTERM' ? first.stop() : first.kill())
    const ballast = join(folder, 'ballast')
    fillUp(ballast)

    const analyzer = await startAnalyzerProcess({ dataDir, under: disk.inside })
    expect(await checkStored(analyzer, { acked: before, unanswered: waiting })).toEqual([])
    // Whoever filled it takes what the start has left, too.
    const more = join(folder, 'more')
    fillUp(more)
    const { acked, refusal } = await sendUntilRefused(analyzer, waiting)
    expect(refusal).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/u) as unknown })
    expect(
      await checkStored(analyzer, { acked: [...before, ...acked], unanswered: waiting }),
    ).toEqual([])
    const health = await analyzer.api<WireHealth>('health')
    expect(health).toMatchObject({ disk: { low: true }, intake: { state: 'failing' } })
    expect(await analyzer.status('/metrics')).toBe(200)

    rmSync(more)
    rmSync(ballast)
    await waitUntil(async () => {
      const [batch] = waiting
      return batch !== undefined && (await analyzer.send(batch)).status === 200
    }, 'writing again')
    await sendAll(analyzer, waiting)
    expect(await checkStored(analyzer, { acked: batches })).toEqual([])
    await waitForReserve(folder)
  },
  120_000,
)

interface SmallDisk {
  /** What makes a command see it: nobody else does. */
  readonly inside: readonly string[]
  /** The way in for us. */
  readonly root: string
}

/** Mounted at `path` until the test ends, whoever works on it meanwhile. */
async function mountSmallDisk(path: string): Promise<SmallDisk> {
  const holder = spawn(
    UNSHARE,
    ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=32m none "$0" && echo up && exec sleep 600', path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  const pid = String(holder.pid)
  return {
    inside: ['nsenter', '-t', pid, '-U', '-m', '--preserve-credentials'],
    root: `/proc/${pid}/root`,
  }
}

/** Room for the next start: one that is written while the disk fills up is given back at once. */
async function waitForReserve(folder: string): Promise<void> {
  const { reserve } = filesOf(folder)
  await waitUntil(
    () => statSync(reserve, { throwIfNoEntry: false })?.size === RESERVE_BYTES,
    'room that is kept for the next start',
  )
}

/** To the last byte. */
function fillUp(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096))
  } catch (error: unknown) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(descriptor)
  }
}
