import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { type Aim, aims, isPacked, problemsOf } from './aimed-kills.ts'
import { startAnalyzerProcess, tryAnalyzerProcess } from './analyzer-process.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { type Breaches, checkStored } from './stored.ts'
import { type Batch, drawBatches } from './traffic.ts'

const COMMAND = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))

const WRITES = 'pwrite64'
const SYNCS = '?fsync,?fdatasync'
const REMOVES = '?unlink,?unlinkat'

/** While `db backup` copies a folder that is in use. Files are those of the copy. */
export const BACKUP_AIMS: readonly Aim[] = [
  ...aims('marking the copy', { file: 'backup.unfinished', calls: SYNCS, nth: [1] }),
  ...aims('copying verdicts', { file: 'verdicts.db', calls: WRITES, nth: [1, 20] }),
  ...aims('syncing verdicts', { file: 'verdicts.db', calls: SYNCS, nth: [1] }),
  ...aims('copying acts', { file: 'acts.db', calls: WRITES, nth: [1] }),
  ...aims('copying a packed segment', {
    file: 'segments/000001.packed.db',
    calls: WRITES,
    nth: [1, 20],
  }),
  ...aims('copying the open segment', {
    file: 'segments/000002.hot.db',
    calls: WRITES,
    nth: [1, 20],
  }),
  ...aims('making the salt', { file: 'salt', calls: '?open,?openat', nth: [1] }),
  ...aims('syncing the salt', { file: 'salt', calls: SYNCS, nth: [1] }),
  ...aims('ending', { file: 'backup.unfinished', calls: REMOVES, nth: [1] }),
]

/** Segments end at 2 MiB. */
const SECTION = ['retention: {span_mib: 16}']
const BATCHES = 50

export interface KilledBackup {
  readonly hit: boolean
  readonly breaches: Breaches
}

/**
 * Kills the copying there. What is left must be no backup or a whole one, and neither the analyzer
 * that works on the original nor the next backup may notice.
 */
export async function killBackupAt(aim: Aim): Promise<KilledBackup> {
  const dataDir = saltedFolder()
  const sent = drawBatches(21, { batches: BATCHES, fromMs: Date.now() - 7 * 24 * 3_600_000 })
  const analyzer = await startAnalyzerProcess({ dataDir, section: SECTION })
  await sendAll(analyzer, sent)
  await waitUntil(() => isPacked(dataDir), 'a segment is packed')
  const target = join(temporaryFolder(), 'copy')
  const inject = `inject=${aim.calls}:signal=KILL:when=${aim.nth}`
  const tracing = ['-f', '-o', '/dev/null', '-P', join(target, aim.file), '-e', inject]
  const killed = await endOf('strace', [...tracing, ...backupCommand(dataDir, target)])
  const whole = join(temporaryFolder(), 'whole')
  const [program, ...args] = backupCommand(dataDir, whole)
  const next = await endOf(program, args)
  const breaches = [
    ...(await checkStored(analyzer, { acked: sent })),
    ...(await checkHalf(target, sent)),
    ...(next.code === 0 ? problemsOf(whole) : [`the next backup failed: ${next.said}`]),
  ]
  await analyzer.stop()
  return {
    hit: killed.signal === 'SIGKILL',
    breaches: [...breaches, ...problemsOf(dataDir)],
  }
}

function backupCommand(dataDir: string, target: string): readonly [string, ...string[]] {
  return [process.execPath, COMMAND, 'db', 'backup', target, '--data-dir', dataDir]
}

async function checkHalf(target: string, sent: readonly Batch[]): Promise<Breaches> {
  const started = await tryAnalyzerProcess({ dataDir: target, section: SECTION })
  if (started.kind === 'ended') {
    const { exitCode, log } = started
    const isSaid = /is a backup that was not finished \[ANALYZER_DATA_NOT_FOUND\]/u.test(log)
    return exitCode === 5 && isSaid ? [] : [`it does not say what is wrong: ${log}`]
  }
  const breaches = await checkStored(started.process, { acked: sent })
  await started.process.stop()
  return breaches
}

interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: string
}

async function endOf(program: string, args: readonly string[]): Promise<End> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(child, 'close')
  return { code: child.exitCode, signal: child.signalCode, said }
}
