import { existsSync, statSync } from 'node:fs'

import type { WriteLog } from '../../../log.ts'
import type { ActLoss } from '../../act-store.ts'
import { checkPages } from '../keeping/check-pages.ts'
import { AnalyzerError } from '../../../errors.ts'
import { isDamage, openForWriting, type SqliteDatabase } from '../open-database.ts'
import { setAside } from '../segments/segment-catalogue.ts'
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
  const { file, knownUpTo } = options
  const wasThere = existsSync(file)
  const database = openWhole(file) ?? openSalvaged(options)
  try {
    const last = lastIdOf(database)
    if (last < knownUpTo) {
      const how = wasThere && last > 0 ? 'older' : 'missing'
      if (lastLossOf(database)?.atMs !== options.nowMs) noteLoss(database, { how, options })
      // Ids go on behind what was seen, so that what is lost is found once.
      database
        .prepare<[number]>(`INSERT OR REPLACE INTO sqlite_sequence (name, seq) VALUES ('acts', ?)`)
        .run(knownUpTo)
    }
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

function openSalvaged(options: OpenActsOptions): SqliteDatabase {
  const { file, nowMs, log } = options
  const aside = setAside(file, nowMs)
  const database = openForWriting(file, ACTS_MIGRATIONS)
  const saved = salvageRows(aside, database, 'acts')
  noteLoss(database, { how: 'damaged', options })
  log(
    `${file} was damaged: of what people did to incidents ${saved} acts could be read and were taken over; the rest is in ${aside}, or in a backup`,
    'error',
  )
  return database
}

function noteLoss(
  database: SqliteDatabase,
  { how, options }: { readonly how: ActLoss['how']; readonly options: OpenActsOptions },
): void {
  const { file, nowMs, log, knownUpTo } = options
  const saved = database.prepare<[], number>('SELECT count(*) FROM acts').pluck().get() ?? 0
  database
    .prepare<[number, string, number]>('INSERT INTO losses VALUES (?, ?, ?)')
    .run(nowMs, how, saved)
  if (how === 'damaged') return
  const what = how === 'missing' ? 'was removed' : 'is an older one'
  log(
    `${file} ${what}: there were up to ${knownUpTo} acts of people on incidents, ${saved} are left; put it back from a backup while no analyzer runs`,
    'error',
  )
}

/** Of all that were ever given, also where the last acts were forgotten. */
export function lastIdOf(database: SqliteDatabase): number {
  const seq = database
    .prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'acts'`)
    .pluck()
    .get()
  return seq ?? 0
}

export function lastLossOf(database: SqliteDatabase): ActLoss | undefined {
  return lossesOf(database)[0]
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

/** Refused by whoever opens the file: it is whole, and not ours to touch. */
export function isNewer(error: unknown): boolean {
  return error instanceof AnalyzerError && error.code === 'ANALYZER_DATA_NEWER'
}
