import { existsSync, statSync } from 'node:fs'

import Database from 'better-sqlite3'

import { AnalyzerError } from '../../../errors.ts'
import { filesOf, type FolderFiles } from '../folder-files.ts'
import { ACTS_MIGRATIONS } from '../acts/acts-schema.ts'
import { type MigrationTarget, refuseNewerVersion, VERSION_MAX } from '../migrate.ts'
import { readDatabase, sqliteCode } from '../open-database.ts'
import { PACKED_MIGRATIONS } from '../packing/packed-schema.ts'
import { HOT_MIGRATIONS } from '../segments/hot-schema.ts'
import { SegmentCatalogue } from '../segments/segment-catalogue.ts'
import { refuseUnfinished } from '../unfinished-backup.ts'
import { VERDICTS_MIGRATIONS } from '../verdicts/verdicts-schema.ts'

/**
 * For whoever looks at a folder without being its analyzer. Refuses what is no data folder: an
 * answer about nothing would pass for good news.
 */
export function findStoreFolder(path: string): FolderFiles {
  const files = filesOf(path)
  if (!isFolder(path)) throw notFound(`there is no folder ${path}`)
  if (existsSync(files.oldSpans) && !existsSync(files.segments)) {
    throw new AnalyzerError('ANALYZER_DATA_OLDER', {
      message: `${path} was written by release 0.1.0`,
      hint: 'Start the analyzer on it once: it takes the spans over.',
    })
  }
  refuseUnfinished(path)
  if (!existsSync(files.salt)) throw notFound(`${path} is no data folder of an analyzer`)
  refuseNewerFiles(path, files)
  return files
}

/** What this release cannot read it must not call damaged, or well. */
function refuseNewerFiles(path: string, { verdicts, acts }: FolderFiles): void {
  const segments = new SegmentCatalogue(path).list().map(({ path: file, kind }) => ({
    path: file,
    migrations: kind === 'hot' ? HOT_MIGRATIONS : PACKED_MIGRATIONS,
  }))
  const targets: readonly MigrationTarget[] = [
    { path: verdicts, migrations: VERDICTS_MIGRATIONS },
    { path: acts, migrations: ACTS_MIGRATIONS },
    ...segments,
  ]
  for (const target of targets) {
    const version = versionIn(target.path)
    if (version !== undefined && version <= VERSION_MAX) refuseNewerVersion(version, target)
  }
}

/** With what its log says of it; undefined where that cannot be told, and others say why. */
function versionIn(file: string): number | undefined {
  if (!existsSync(file)) return undefined
  try {
    return readDatabase(file, (database) => {
      const version: unknown = database.pragma('user_version', { simple: true })
      return typeof version === 'number' ? version : undefined
    })
  } catch {
    return undefined
  }
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
export function isHeld(files: FolderFiles): boolean {
  if (!existsSync(files.lock)) return false
  const lock = new Database(files.lock, { readonly: true, timeout: 0 })
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
