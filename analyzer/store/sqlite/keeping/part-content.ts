import type { SqliteDatabase } from '../open-database.ts'
import type { SegmentFile } from '../segments/segment-catalogue.ts'
import { readBirth, readSeal } from '../segments/segment-meta.ts'

/** What a segment holds, in figures. */
export interface PartContent {
  readonly isSealed: boolean
  readonly spans: number
  readonly rowMax: number
  readonly createdMs: number
  readonly lastReceivedMs: number
}

/**
 * As its seal has it. Rows are counted only where there is none yet, and of a segment that was
 * looked at before only those that came since.
 */
export function readContent(
  database: SqliteDatabase,
  kind: SegmentFile['kind'],
  before: PartContent | undefined,
): PartContent {
  const createdMs = readBirth(database)?.createdMs ?? 0
  const seal = readSeal(database)
  if (seal === undefined) return { isSealed: false, createdMs, ...countRows(database, before) }
  const { spans, lastReceivedMs } = seal
  return { isSealed: true, createdMs, spans, lastReceivedMs, rowMax: lastRow(database, kind) }
}

interface Rows {
  readonly spans: number
  readonly rowMax: number
  readonly lastReceivedMs: number
}

function countRows(database: SqliteDatabase, before: Rows = NOTHING): Rows {
  const since = database
    .prepare<[number], Rows>(
      `SELECT coalesce(sum(spans), 0) AS spans, coalesce(max(row), 0) AS rowMax,
         coalesce(max(received_ms), 0) AS lastReceivedMs
       FROM chunks WHERE row > ?`,
    )
    .get(before.rowMax)
  return {
    spans: before.spans + (since?.spans ?? 0),
    rowMax: Math.max(before.rowMax, since?.rowMax ?? 0),
    lastReceivedMs: Math.max(before.lastReceivedMs, since?.lastReceivedMs ?? 0),
  }
}

/** Those that came after this row; of a packed one as near as its table of contents tells. */
export function countSpansAfter(
  database: SqliteDatabase,
  kind: SegmentFile['kind'],
  row: number,
): number {
  const table = kind === 'packed' ? 'parts' : 'chunks'
  const sum = `SELECT coalesce(sum(spans), 0) FROM ${table} WHERE row > ?`
  return database.prepare<[number], number>(sum).pluck().get(row) ?? 0
}

function lastRow(database: SqliteDatabase, kind: SegmentFile['kind']): number {
  const tables = kind === 'packed' ? ['parts', 'later_chunks'] : ['chunks']
  const last = (table: string): number =>
    database.prepare<[], number | null>(`SELECT max(row) FROM ${table}`).pluck().get() ?? 0
  return Math.max(...tables.map(last))
}

const NOTHING: Rows = { spans: 0, rowMax: 0, lastReceivedMs: 0 }
