import { existsSync } from 'node:fs'

import Database from 'better-sqlite3'

import { AnalyzerError } from '../../errors.ts'
import { isMissing } from './files.ts'
import { migrate, refuseNewer, type Migration } from './migrate.ts'

export type SqliteDatabase = Database.Database

/** Waited for by the writer before it calls the folder busy; the sender is told to come again. */
const BUSY_TIMEOUT_MS = 250

/**
 * In the log before it is copied back. A larger one makes single commits slow, a smaller one all of
 * them: measured at 4, 16 and 64 MiB, 45k, 51k and 56k spans/s were taken at full speed, and at 20k
 * spans/s the longest ack took 46, 58 and 107 ms.
 */
const CHECKPOINT_BYTES = 16 * 1024 * 1024

/**
 * Of what nobody waits for. Pages that change in each commit, such as the newest of an index, are
 * copied back once for many of them; but to copy back more at once holds up the disk, and with it
 * those who wait for their spans.
 */
const DERIVED_CHECKPOINT_BYTES = 8 * 1024 * 1024

/** After a reader has held it open, the log is cut back to this. */
const LOG_BYTES_MAX = 64 * 1024 * 1024

export interface WritingOptions {
  /** Of a file that is made by this call. */
  readonly pageBytes?: number
  /** Whether a file that is made by this call gives back to the disk what is deleted from it. */
  readonly shrinks?: boolean
  /**
   * What is in it can be made again, and it says from where: a power cut may take the last commits
   * with it, in their order.
   */
  readonly isDerived?: boolean
}

/** Opens a file for the one connection that writes it. */
export function openForWriting(
  path: string,
  migrations: readonly Migration[],
  { pageBytes = 4096, shrinks = true, isDerived = false }: WritingOptions = {},
): SqliteDatabase {
  return orDamaged(path, () => {
    const database = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    refuseNewer(database, { path, migrations })
    // Both must stand before the first table: they cannot be changed afterwards.
    database.pragma(`page_size = ${pageBytes}`)
    database.pragma(`auto_vacuum = ${shrinks ? 'INCREMENTAL' : 'NONE'}`)
    database.pragma('journal_mode = WAL')
    // better-sqlite3 is built to fall back to NORMAL in WAL mode, which loses acknowledged commits
    // at a power cut (invariant I7).
    if (isDerived) database.pragma('synchronous = NORMAL')
    else database.pragma('synchronous = FULL')
    const checkpointBytes = isDerived ? DERIVED_CHECKPOINT_BYTES : CHECKPOINT_BYTES
    database.pragma(`wal_autocheckpoint = ${Math.ceil(checkpointBytes / pageBytes)}`)
    database.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`)
    database.pragma('foreign_keys = ON')
    database.pragma('trusted_schema = OFF')
    migrate(database, { path, migrations })
    // Asked only now: before the first access to the file it reports what it will not do.
    const synchronous: unknown = database.pragma('synchronous', { simple: true })
    const wanted = isDerived ? NORMAL : FULL
    if (synchronous !== wanted) {
      throw new TypeError(`synchronous is ${String(synchronous)}, not ${wanted}`)
    }
    return database
  })
}

const NORMAL = 1
const FULL = 2

/** Opens a file that another connection has made, for reading only. */
export function openForReading(path: string): SqliteDatabase {
  return orDamaged(path, () => {
    const database = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS })
    database.pragma('query_only = ON')
    database.pragma('trusted_schema = OFF')
    return database
  })
}

/** Opens it for as long as it is read. */
export function readDatabase<T>(path: string, read: (database: SqliteDatabase) => T): T {
  const database = openForReading(path)
  try {
    return read(database)
  } finally {
    database.close()
  }
}

/**
 * For what is done to open a file: our own statements, which are right, so that one which SQLite
 * calls wrong (SQLITE_ERROR) tells of a format or a table that is not what was written.
 */
export function orDamaged<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error: unknown) {
    const code = sqliteCode(error)
    if (isDamage(error) || code === 'SQLITE_ERROR') {
      if (error instanceof AnalyzerError) throw error
      throw new AnalyzerError('ANALYZER_DATA_DAMAGED', {
        message: `${path} is damaged: ${error instanceof Error ? error.message : code}`,
        hint: 'Move the file away to start anew, or restore it from a backup.',
        cause: error,
      })
    }
    if (/^SQLITE_(?:CANTOPEN|READONLY|PERM|IOERR|FULL)/u.test(code)) {
      throw new AnalyzerError('ANALYZER_DATA_UNWRITABLE', {
        message: `${path} cannot be opened for writing (${code})`,
        hint:
          code === 'SQLITE_FULL'
            ? 'The disk is full: make room ("secondwind db prune --to-size 500MiB" drops the oldest spans).'
            : 'Check the owner, the permissions and the free space of the data folder.',
        cause: error,
      })
    }
    throw error
  }
}

/** Empty for errors that are not SQLite's. */
export function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : ''
}

/** What is in the file is not what was written. */
export function isDamage(error: unknown): boolean {
  if (error instanceof AnalyzerError) return error.code === 'ANALYZER_DATA_DAMAGED'
  const code = sqliteCode(error)
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')
}

/** The file was there when its folder was listed, and is not any more. */
export function isGone(error: unknown, path: string): boolean {
  const code = error instanceof AnalyzerError ? sqliteCode(error.cause) : sqliteCode(error)
  return (code.startsWith('SQLITE_CANTOPEN') || isMissing(error)) && !existsSync(path)
}

/** What passes, or what someone must see to: file, disk, memory. Never what was bound. */
export function isStoreTrouble(error: unknown): boolean {
  // The next file could not be made, say; a file system's errors have codes such as ENOSPC.
  if (error instanceof AnalyzerError) return true
  if (error instanceof Error && 'errno' in error) return true
  return !/^(?:$|SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE))/u.test(sqliteCode(error))
}
