import { join } from 'node:path'

import { checkStore } from '../../../analyzer/store/sqlite/keeping/check-store.ts'
import { meansDamage } from '../../../analyzer/store/sqlite/keeping/store-problem.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { type AnalyzerProcess, startAnalyzerProcess } from './analyzer-process.ts'
import { filesIn } from './data-files.ts'
import { saltedFolder } from './kill-runs.ts'
import { type Breaches, checkStored } from './stored.ts'
import { attach } from './strace.ts'
import { type Batch, drawBatches } from './traffic.ts'

/** A moment that chance hits too seldom: the n-th such call of a thread on this file. */
export interface Aim {
  readonly what: string
  readonly file: string
  readonly calls: string
  readonly nth: number
}

/** In each of these calls, on this file. */
export function aims(what: string, { file, calls, nth }: Omit<Aim, 'what' | 'nth'> & Nths): Aim[] {
  return nth.map((each) => ({ what: `${what} (call ${each})`, file, calls, nth: each }))
}

interface Nths {
  readonly nth: readonly number[]
}

const WRITES = 'pwrite64'
const SYNCS = '?fsync,?fdatasync'

/** Of `segments/`. A segment ends and the next one begins; a sealed one is packed and replaced. */
export const AIMS: readonly Aim[] = [
  ...aims('sealing', { file: '000001.hot.db', calls: '?ftruncate', nth: [1] }),
  ...aims('copying the log of the sealed one back', {
    file: '000001.hot.db',
    calls: WRITES,
    nth: [2, 100],
  }),
  ...aims('cutting the log of the sealed one', {
    file: '000001.hot.db-wal',
    calls: '?ftruncate',
    nth: [1],
  }),
  ...aims('noting how the next one begins', {
    file: '000002.hot.db-journal',
    calls: WRITES,
    nth: [1, 2],
  }),
  ...aims('writing the first page of the next one', {
    file: '000002.hot.db',
    calls: WRITES,
    nth: [1],
  }),
  ...aims('beginning the log of the next one', {
    file: '000002.hot.db-wal',
    calls: WRITES,
    nth: [1, 3],
  }),
  ...aims('syncing the next one', { file: '000002.hot.db-wal', calls: SYNCS, nth: [1, 2] }),
  ...aims('writing the packed one', {
    file: '000001.packed.db.tmp',
    calls: WRITES,
    nth: [1, 20],
  }),
  ...aims('syncing the packed one', { file: '000001.packed.db.tmp', calls: SYNCS, nth: [1] }),
  ...aims('renaming the packed one', {
    file: '000001.packed.db.tmp',
    calls: '?rename,?renameat,?renameat2',
    nth: [1],
  }),
  ...aims('removing the one that was packed', {
    file: '000001.hot.db',
    calls: '?unlink,?unlinkat',
    nth: [1],
  }),
  ...aims('removing its log', { file: '000001.hot.db-wal', calls: '?unlink,?unlinkat', nth: [1] }),
]

/** Segments end at 2 MiB. */
const SECTION = ['retention: {span_mib: 16}']
const BATCHES = 50

export interface AimedKill {
  readonly hit: boolean
  readonly breaches: Breaches
}

/** Kills it there, starts it again, and looks for all that was acknowledged. */
export async function killAt(aim: Aim): Promise<AimedKill> {
  const dataDir = saltedFolder()
  const batches = drawBatches(21, { batches: BATCHES, fromMs: Date.now() - 7 * 24 * 3_600_000 })
  const analyzer = await startAnalyzerProcess({ dataDir, section: SECTION })
  await attach(analyzer.pid, [
    '-P',
    join(dataDir, 'segments', aim.file),
    '-e',
    `inject=${aim.calls}:signal=KILL:when=${aim.nth}`,
  ])
  const { acked, unanswered, rest } = await sendUntilKilled(analyzer, batches)
  // A connection breaks before the process is seen to be gone.
  const mayLive = unanswered.length === 0
  await waitUntil(() => !analyzer.isRunning() || (mayLive && isPacked(dataDir)), aim.what)
  const hit = !analyzer.isRunning()
  await analyzer.kill()
  const again = await startAnalyzerProcess({ dataDir, section: SECTION })
  const breaches = [...(await checkStored(again, { acked, unanswered }))]
  for (const batch of [...unanswered, ...rest]) {
    // oxlint-disable-next-line no-await-in-loop -- a sender waits for its answer
    await again.send(batch)
  }
  breaches.push(...(await checkStored(again, { acked: batches })))
  await waitUntil(() => isPacked(dataDir), 'it is packed after all')
  breaches.push(...(await checkStored(again, { acked: batches })))
  await again.stop()
  return { hit, breaches: [...breaches, ...problemsOf(dataDir)] }
}

interface SentUntil {
  readonly acked: readonly Batch[]
  readonly unanswered: readonly Batch[]
  readonly rest: readonly Batch[]
}

async function sendUntilKilled(
  analyzer: AnalyzerProcess,
  batches: readonly Batch[],
): Promise<SentUntil> {
  const acked: Batch[] = []
  for (const [index, batch] of batches.entries()) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- a sender waits for its answer
      const { status } = await analyzer.send(batch)
      if (status !== 200) throw new TypeError(`a batch was answered with ${status}`)
      acked.push(batch)
    } catch (error: unknown) {
      if (analyzer.isRunning() && error instanceof TypeError && error.cause === undefined)
        throw error
      return { acked, unanswered: [batch], rest: batches.slice(index + 1) }
    }
  }
  return { acked, unanswered: [], rest: [] }
}

/** All but the open one, and of what was packed nothing is left, not even a log. */
export function isPacked(dataDir: string): boolean {
  const names = filesIn(dataDir)
  const hot = new Set(names.flatMap((name) => /(\d+)\.hot\.db/u.exec(name)?.[1] ?? []))
  return hot.size === 1 && names.some((name) => name.endsWith('.packed.db'))
}

export function problemsOf(dataDir: string): Breaches {
  const steps = checkStore(dataDir)
  for (;;) {
    const step = steps.next()
    if (step.done !== true) continue
    return step.value.problems.filter(meansDamage).map((problem) => JSON.stringify(problem))
  }
}
