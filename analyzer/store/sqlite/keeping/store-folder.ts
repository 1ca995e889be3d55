import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'

import { AnalyzerError } from '../../../errors.ts'
import { sqliteCode } from '../open-database.ts'

/** The files of a data folder, for whoever looks at it without being its analyzer. */
export interface StoreFolder {
  readonly path: string
  readonly verdictsFile: string
  readonly saltFile: string
}

/** Refuses what is no data folder: an answer about nothing would pass for good news. */
export function findStoreFolder(path: string): StoreFolder {
  const folder = { path, verdictsFile: join(path, 'verdicts.db'), saltFile: join(path, 'salt') }
  if (!isFolder(path)) throw notFound(`there is no folder ${path}`)
  if (existsSync(join(path, 'spans.db')) && !existsSync(join(path, 'segments'))) {
    throw new AnalyzerError('ANALYZER_DATA_OLDER', {
      message: `${path} was written by release 0.1.0`,
      hint: 'Start the analyzer on it once: it takes the spans over.',
    })
  }
  if (!existsSync(folder.saltFile)) throw notFound(`${path} is no data folder of an analyzer`)
  return folder
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

function notFound(message: string): AnalyzerError {
  return new AnalyzerError('ANALYZER_DATA_NOT_FOUND', {
    message,
    hint: 'Name the folder with --data-dir; an analyzer makes it when it starts.',
  })
}

/** Whether an analyzer holds the folder at this moment. */
export function isHeld({ path }: StoreFolder): boolean {
  const file = join(path, 'lock.db')
  if (!existsSync(file)) return false
  const lock = new Database(file, { readonly: true, timeout: 0 })
  try {
    // A shared lock, for a microsecond: an analyzer that runs holds an exclusive one.
    lock.pragma('user_version')
    return false
  } catch (error: unknown) {
    if (sqliteCode(error).startsWith('SQLITE_BUSY')) return true
    throw error
  } finally {
    lock.close()
  }
}
