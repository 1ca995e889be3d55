import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  type Dirent,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'

import Database from 'better-sqlite3'

import { AnalyzerError } from '../../errors.ts'
import { messageOf } from '../../message-of.ts'
import { useReserve } from './disk-reserve.ts'
import { isMissing } from './files.ts'
import { filesOf } from './folder-files.ts'
import { isDamage, sqliteCode } from './open-database.ts'
import { refuseUnfinished } from './unfinished-backup.ts'

/** The folder of one analyzer, held by this process until `release` or its end. */
export interface DataFolder {
  readonly path: string
  /** Makes hashes of content comparable within this folder only; never leaves it. */
  readonly salt: Uint8Array
  release(): void
}

const SALT_BYTES = 32

/** Creates it where it is missing, readable by its owner only, and holds it. */
export function openDataFolder(path: string): DataFolder {
  refuseUnfinished(path)
  prepare(path)
  useReserve(path)
  const lock = takeLock(path)
  try {
    return { path, salt: readSalt(filesOf(path).salt), release: () => lock.close() }
  } catch (error: unknown) {
    lock.close()
    throw error
  }
}

function prepare(path: string): void {
  try {
    makeFolder(resolve(path))
    const stats = statSync(path)
    if (!stats.isDirectory()) throw new Error('it is not a folder')
    // Taken from others, never given to us: whoever made it read-only meant it.
    chmodSync(path, stats.mode & 0o700)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error: unknown) {
    throw unwritable(path, error)
  }
  expectOurFiles(path)
}

/**
 * Asked before any of them is opened: SQLite would open what it may not write, and leave files of
 * the same permissions beside it, which stand in the way once these are put right.
 */
function expectOurFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    try {
      accessSync(path, accessNeeded(entry))
      if (entry.isDirectory()) expectOurFiles(path)
    } catch (error: unknown) {
      // A sidecar that starts beside us tidies its spool.
      if (error instanceof AnalyzerError) throw error
      if (!isMissing(error)) throw unwritable(path, error)
    }
  }
}

function accessNeeded(entry: Dirent): number {
  const { R_OK, W_OK, X_OK } = constants
  if (entry.isDirectory()) return R_OK | W_OK | X_OK
  return WRITTEN.test(entry.name) ? R_OK | W_OK : R_OK
}

/** Databases and what stands beside them, but for those that are never changed. */
const WRITTEN = /(?<!\.packed)\.db(?:-wal|-shm)?$/u

/**
 * With its parents. Not `recursive: true`: where a parent exists and still takes no folder
 * (`/proc`), Node 20 tries for ever.
 */
function makeFolder(path: string): void {
  const parent = dirname(path)
  if (!existsSync(parent) && parent !== path) makeFolder(parent)
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
}

/**
 * An exclusive transaction on a file of its own, which the kernel ends with the process: nothing is
 * left behind by a crash, and there is nothing to clean up.
 */
function takeLock(path: string): Database.Database {
  const files = filesOf(path)
  let lock: Database.Database | undefined
  try {
    lock = new Database(files.lock, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    writeFileSync(files.owner, `${process.pid}\n`, { mode: 0o600 })
    return lock
  } catch (error: unknown) {
    lock?.close()
    if (sqliteCode(error).startsWith('SQLITE_BUSY')) {
      throw new AnalyzerError('ANALYZER_DATA_IN_USE', {
        message: `${path} is used by another analyzer${ownerOf(files.owner)}`,
        hint: 'Stop that one, or start this one with another --data-dir.',
        cause: error,
      })
    }
    if (isDamage(error)) {
      throw new AnalyzerError('ANALYZER_DATA_DAMAGED', {
        message: `${files.lock} is no database any more`,
        hint: 'Remove it while no analyzer runs: nothing stands in it.',
        cause: error,
      })
    }
    throw unwritable(path, error)
  }
}

/** Only for the message: the lock decides, whatever the file says. */
function ownerOf(file: string): string {
  try {
    const pid = readFileSync(file, 'utf8').trim()
    return /^\d{1,10}$/u.test(pid) ? ` (process ${pid})` : ''
  } catch {
    // Without the file the message is merely less helpful.
    return ''
  }
}

function readSalt(file: string): Uint8Array {
  try {
    const salt = readFileSync(file)
    if (salt.length === SALT_BYTES) return salt
  } catch (error: unknown) {
    if (!isMissing(error)) throw unwritable(file, error)
  }
  const salt = randomBytes(SALT_BYTES)
  try {
    writeFileSync(file, salt, { mode: 0o600, flush: true })
  } catch (error: unknown) {
    throw unwritable(file, error)
  }
  return salt
}

function unwritable(path: string, error: unknown): AnalyzerError {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  const isFull = code === 'ENOSPC' || code === 'SQLITE_FULL'
  return new AnalyzerError('ANALYZER_DATA_UNWRITABLE', {
    message: `${path} cannot be used as the data folder: ${messageOf(error)}`,
    hint: isFull
      ? 'Make room on its disk ("secondwind db prune --to-size 500MiB" drops the oldest spans), or choose another --data-dir.'
      : 'Choose a writable --data-dir, or change the owner or the permissions of this one.',
    cause: error,
  })
}
