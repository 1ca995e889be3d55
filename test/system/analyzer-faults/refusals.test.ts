import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'

import { type Ended, startAnalyzerProcess, tryAnalyzerProcess } from './analyzer-process.ts'
import { databasesIn, filesIn, fingerprintOf } from './data-files.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { checkStored } from './stored.ts'
import { type Batch, drawBatches } from './traffic.ts'

/** A start that would be wrong is refused by name, and leaves every byte as it was. */

const EXIT_DATA = 5

interface Kept {
  readonly dataDir: string
  readonly batches: readonly Batch[]
}

/** A data folder as a stopped analyzer leaves it. */
async function usedFolder(): Promise<Kept> {
  const dataDir = saltedFolder()
  const analyzer = await startAnalyzerProcess({ dataDir })
  const batches = drawBatches(9, { batches: 10, fromMs: Date.now() })
  await sendAll(analyzer, batches)
  await analyzer.stop()
  return { dataDir, batches }
}

async function refused(dataDir: string, under: readonly string[] = []): Promise<Ended> {
  const started = await tryAnalyzerProcess({ dataDir, under })
  if (started.kind === 'ready') throw new Error(`it started:\n${started.process.log()}`)
  return started
}

/** What is missing of a clear refusal: its code, what it must name, a hint, and no stack. */
function faultsOf({ log, exitCode }: Ended, ...says: readonly string[]): readonly string[] {
  const missing = [...says, 'hint: '].filter((text) => !log.includes(text))
  const isClear = missing.length === 0 && exitCode === EXIT_DATA && !/\n\s+at /u.test(log)
  return isClear ? [] : [`exit ${exitCode}, without ${missing.join(', ') || '-'}: ${log}`]
}

test('a second process on the folder ends, names the first, and does not disturb it', async () => {
  const dataDir = saltedFolder()
  const first = await startAnalyzerProcess({ dataDir })
  const batches = drawBatches(11, { batches: 5, fromMs: Date.now() })
  await sendAll(first, batches)
  const begunAt = performance.now()
  const ended = await refused(dataDir)
  process.stderr.write(`refused after ${(performance.now() - begunAt).toFixed(0)} ms\n`)
  expect(faultsOf(ended, '[ANALYZER_DATA_IN_USE]', `process ${first.pid}`, '--data-dir')).toEqual(
    [],
  )
  await sendAll(first, batches)
  expect(await checkStored(first, { acked: batches })).toEqual([])
}, 120_000)

test('a file of a newer release is refused by its name, and not a byte of any is changed', async () => {
  const { dataDir, batches } = await usedFolder()
  const files = databasesIn(dataDir)
  expect(files.length).toBeGreaterThan(1)
  for (const file of files) {
    const version = setVersion(file, 99)
    const before = fingerprintOf(dataDir)
    // oxlint-disable-next-line no-await-in-loop -- one file after the other
    expect(faultsOf(await refused(dataDir), '[ANALYZER_DATA_NEWER]', basename(file), '99')).toEqual(
      [],
    )
    expect(fingerprintOf(dataDir)).toEqual(before)
    setVersion(file, version)
  }
  const again = await startAnalyzerProcess({ dataDir })
  expect(await checkStored(again, { acked: batches })).toEqual([])
}, 120_000)

/** Returns the one that it had. */
function setVersion(file: string, version: number): number {
  const database = new Database(file)
  const before = Number(database.pragma('user_version', { simple: true }))
  database.pragma(`user_version = ${version}`)
  database.close()
  return before
}

/** Root may write everywhere: what it is refused must be asked as somebody else. */
const SOMEBODY = 65_534
const IS_ROOT = process.getuid?.() === 0
const SETPRIV = 'setpriv'
const AS_SOMEBODY = IS_ROOT
  ? [SETPRIV, `--reuid=${SOMEBODY}`, `--regid=${SOMEBODY}`, '--clear-groups']
  : []
const canBeSomebody =
  !IS_ROOT ||
  spawnSync(SETPRIV, [...AS_SOMEBODY.slice(1), process.execPath, '-e', '0']).status === 0

function own(path: string): void {
  chownSync(path, SOMEBODY, SOMEBODY)
}

function foldersOf(dataDir: string): readonly string[] {
  return [...new Set([dataDir, ...filesIn(dataDir).map((file) => dirname(file))])]
}

describe.skipIf(!canBeSomebody)('what belongs to others or may not be written', () => {
  async function ownedFolder(): Promise<Kept> {
    const kept = await usedFolder()
    chmodSync(dirname(kept.dataDir), 0o755)
    if (IS_ROOT) [...foldersOf(kept.dataDir), ...filesIn(kept.dataDir)].forEach(own)
    return kept
  }

  test('a folder that may not be written is refused and stays so', async () => {
    const { dataDir } = await ownedFolder()
    chmodSync(dataDir, 0o500)
    const before = fingerprintOf(dataDir)
    expect(
      faultsOf(await refused(dataDir, AS_SOMEBODY), '[ANALYZER_DATA_UNWRITABLE]', dataDir),
    ).toEqual([])
    expect(fingerprintOf(dataDir)).toEqual(before)
    expect(statSync(dataDir).mode & 0o777).toBe(0o500)
    chmodSync(dataDir, 0o700)
  }, 120_000)

  test.skipIf(!IS_ROOT)(
    'a folder of somebody else is refused',
    async () => {
      const { dataDir } = await usedFolder()
      chmodSync(dirname(dataDir), 0o755)
      chmodSync(dataDir, 0o777)
      const before = fingerprintOf(dataDir)
      expect(
        faultsOf(await refused(dataDir, AS_SOMEBODY), '[ANALYZER_DATA_UNWRITABLE]', dataDir),
      ).toEqual([])
      expect(fingerprintOf(dataDir)).toEqual(before)
    },
    120_000,
  )

  test('a file that may not be written is refused by its name', async () => {
    const { dataDir, batches } = await ownedFolder()
    for (const file of [...databasesIn(dataDir), join(dataDir, 'lock.db')]) {
      chmodSync(file, 0o400)
      const before = fingerprintOf(dataDir)
      // oxlint-disable-next-line no-await-in-loop -- one file after the other
      const ended = await refused(dataDir, AS_SOMEBODY)
      expect(faultsOf(ended, '[ANALYZER_DATA_UNWRITABLE]', basename(file))).toEqual([])
      expect(fingerprintOf(dataDir)).toEqual(before)
      chmodSync(file, 0o600)
    }
    const again = await startAnalyzerProcess({ dataDir, under: AS_SOMEBODY })
    expect(await checkStored(again, { acked: batches })).toEqual([])
  }, 120_000)
})

const UNSHARE = 'unshare'
const READ_ONLY = [UNSHARE, '-rm', 'sh', '-c']
const canMount = spawnSync(UNSHARE, ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

test.skipIf(!canMount)(
  'a disk that is mounted read-only is refused',
  async () => {
    const { dataDir } = await usedFolder()
    const mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    const ended = await refused(dataDir, [...READ_ONLY, mount, dataDir])
    expect(faultsOf(ended, '[ANALYZER_DATA_UNWRITABLE]', dataDir, 'read-only')).toEqual([])
  },
  120_000,
)

test('a folder in the place of a file is refused', async () => {
  const dataDir = saltedFolder()
  mkdirSync(join(dataDir, 'verdicts.db'))
  expect(faultsOf(await refused(dataDir), '[ANALYZER_DATA_UNWRITABLE]', 'verdicts.db')).toEqual([])
}, 120_000)
