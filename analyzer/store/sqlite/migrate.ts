import type Database from 'better-sqlite3'

import { AnalyzerError } from '../../errors.ts'

/**
 * One step forward; the file's version is the number of steps it has taken. There is no way back.
 */
export type Migration = string

export interface MigrationTarget {
  readonly path: string
  readonly migrations: readonly Migration[]
}

/** Asked before anything is written: an older release must leave the file as it is. */
export function refuseNewer(database: Database.Database, target: MigrationTarget): void {
  refuseNewerVersion(versionOf(database), target)
}

/** No release has so many: a number of which a bit was turned is mostly larger. */
export const VERSION_MAX = 100

/** A version that no release has is damage; one that only a later release has is none. */
export function refuseNewerVersion(version: number, { path, migrations }: MigrationTarget): void {
  if (version <= migrations.length) return
  if (version > VERSION_MAX) {
    throw new AnalyzerError('ANALYZER_DATA_DAMAGED', {
      message: `${path} is damaged: there is no schema ${version}`,
      hint: 'Restore it from a backup; without it the others are read.',
    })
  }
  throw new AnalyzerError('ANALYZER_DATA_NEWER', {
    message: `${path} was written by a newer release (schema ${version}, this one knows ${migrations.length})`,
    hint: 'Start the newer release again, or choose another --data-dir.',
  })
}

export function migrate(database: Database.Database, { migrations }: MigrationTarget): void {
  const version = versionOf(database)
  if (version === migrations.length) return
  // In one transaction: a crash in the middle leaves the file as it was.
  database
    .transaction(() => {
      for (const migration of migrations.slice(version)) database.exec(migration)
      database.pragma(`user_version = ${migrations.length}`)
    })
    .exclusive()
}

function versionOf(database: Database.Database): number {
  const version: unknown = database.pragma('user_version', { simple: true })
  return typeof version === 'number' ? version : 0
}
