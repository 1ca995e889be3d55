import { existsSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import type { WriteLog } from '../../../log.ts'
import type { ActLoss } from '../../act-store.ts'
import { checkPages } from '../keeping/check-pages.ts'
import { AnalyzerError } from '../../../errors.ts'
import { syncFolder } from '../files.ts'
import { refuseNewerVersion } from '../migrate.ts'
import { isDamage, openForWriting, type SqliteDatabase } from '../open-database.ts'
import { removeDatabaseFile, setAside } from '../segments/segment-catalogue.ts'
import { readSegmentHeader } from '../segments/segment-header.ts'
import { ACTS_MIGRATIONS } from './acts-schema.ts'
import { salvageRows } from './salvage-rows.ts'

export interface OpenActsOptions {
  readonly file: string
  /** The id of the last act that was ever seen; 0 where nobody remembers one. */
  readonly knownUpTo: number
  readonly nowMs: number
  readonly log: WriteLog
}

/** The open file, and which one it is: what is later at its path may be another. */
export interface OpenActs {
  readonly database: SqliteDatabase
  readonly inode: number
}

/**
 * Opens the file, or begins it. Damage and loss are found here, said and remembered in the file
 * itself, for nothing of it can be made again; what can be read of a damaged one is taken over.
 */
export function openActs(options: OpenActsOptions): OpenActs {
  const { file } = options
  // Killed between the two renames of a salvage: what was saved is whole, and has no other place.
  if (!existsSync(file) && existsSync(salvagedOf(file))) renameSync(salvagedOf(file), file)
  removeDatabaseFile(salvagedOf(file))
  const database = openWhole(file) ?? openSalvaged(options)
  try {
    missActs(database, options)
    return { database, inode: statSync(file).ino }
  } catch (error: unknown) {
    database.close()
    throw error
  }
}

/** Undefined where it is damaged. It is small, and read whole: damage is not to be met later. */
function openWhole(file: string): SqliteDatabase | undefined {
  let database: SqliteDatabase | undefined
  try {
    database = openForWriting(file, ACTS_MIGRATIONS)
    const damage = checkPages(database)
    if (damage === undefined) return database
    database.close()
    return undefined
  } catch (error: unknown) {
    database?.close()
    if (isDamage(error)) return undefined
    throw error
  }
}

/**
 * Into a file beside it first, which then takes its place: killed at any moment, the damaged one or
 * what was saved of it is there.
 */
function openSalvaged({ file, knownUpTo, nowMs, log }: OpenActsOptions): SqliteDatabase {
  const salvaged = openForWriting(salvagedOf(file), ACTS_MIGRATIONS)
  let saved: number
  try {
    saved = salvageRows(file, salvaged, 'acts')
    noteLoss(salvaged, { how: 'damaged', nowMs, seenUpTo: knownUpTo })
  } finally {
    salvaged.close()
  }
  const aside = setAside(file, nowMs)
  renameSync(salvagedOf(file), file)
  syncFolder(dirname(file))
  log(
    `${file} was damaged: of what people did to incidents ${saved} acts could be read and were taken over; the rest is in ${aside}, or in a backup`,
    'error',
  )
  return openForWriting(file, ACTS_MIGRATIONS)
}

function salvagedOf(file: string): string {
  return `${file}.salvaged`
}

/** Whether acts that were seen are not there. */
function missActs(database: SqliteDatabase, { file, knownUpTo, nowMs, log }: OpenActsOptions) {
  const last = lastIdOf(database)
  if (last >= knownUpTo) return
  const how = last > 0 ? 'older' : 'missing'
  const saved = noteLoss(database, { how, nowMs, seenUpTo: knownUpTo })
  log(
    `${file} ${how === 'older' ? 'is an older one' : 'was removed'}: there were up to ${knownUpTo} acts of people on incidents, ${saved} are left; put it back from a backup while no analyzer runs`,
    'error',
  )
}

interface FoundLoss {
  readonly how: ActLoss['how']
  readonly nowMs: number
  readonly seenUpTo: number
}

/** How many acts are left. Ids go on behind what was seen, so that what is lost is found once. */
function noteLoss(database: SqliteDatabase, { how, nowMs, seenUpTo }: FoundLoss): number {
  return database
    .transaction(() => {
      const saved = database.prepare<[], number>('SELECT count(*) FROM acts').pluck().get() ?? 0
      database
        .prepare<[number, string, number]>('INSERT INTO losses VALUES (?, ?, ?)')
        .run(nowMs, how, saved)
      const next = Math.max(seenUpTo, lastIdOf(database))
      // This table of SQLite's own has no key.
      database.exec(`DELETE FROM sqlite_sequence WHERE name = 'acts'`)
      database
        .prepare<[number]>(`INSERT INTO sqlite_sequence (name, seq) VALUES ('acts', ?)`)
        .run(next)
      return saved
    })
    .immediate()
}

/** Of all that were ever given, also where the last acts were forgotten. */
export function lastIdOf(database: SqliteDatabase): number {
  const seq = database
    .prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'acts'`)
    .pluck()
    .get()
  return seq ?? 0
}

/** The latest first. */
export function lossesOf(database: SqliteDatabase): readonly ActLoss[] {
  return database
    .prepare<[number], ActLoss>(
      'SELECT at_ms AS atMs, how, saved FROM losses ORDER BY at_ms DESC LIMIT ?',
    )
    .all(LOSSES_TOLD)
}

const LOSSES_TOLD = 10

/** Asked before the verdicts are opened: an older release must leave the folder as it is. */
export function refuseNewerActs(file: string): void {
  if (!existsSync(file)) return
  const header = readSegmentHeader(file)
  if (header.kind !== 'database') return
  refuseNewerVersion(header.version, { path: file, migrations: ACTS_MIGRATIONS })
}

/** Refused by whoever opens the file: it is whole, and not ours to touch. */
export function isNewer(error: unknown): boolean {
  return error instanceof AnalyzerError && error.code === 'ANALYZER_DATA_NEWER'
}
