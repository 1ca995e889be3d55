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

/** Of a hot segment that was looked at before, only what came since is read. */
export function readContent(
  database: SqliteDatabase,
  kind: SegmentFile['kind'],
  before: PartContent | undefined,
): PartContent {
  const createdMs = readBirth(database)?.createdMs ?? 0
  const seal = readSeal(database)
  const rows = kind === 'packed' ? packedRows(database) : hotRows(database, before)
  return {
    isSealed: seal !== undefined,
    createdMs,
    ...rows,
    lastReceivedMs: seal?.lastReceivedMs ?? rows.lastReceivedMs,
  }
}

interface Rows {
  readonly spans: number
  readonly rowMax: number
  readonly lastReceivedMs: number
}

function hotRows(database: SqliteDatabase, before: Rows = NOTHING): Rows {
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

function packedRows(database: SqliteDatabase): Rows {
  const rows = database
    .prepare<[], Omit<Rows, 'lastReceivedMs'>>(
      `SELECT coalesce(sum(spans), 0) AS spans,
         max(coalesce(max(row), 0), (SELECT coalesce(max(row), 0) FROM later_chunks)) AS rowMax
       FROM parts`,
    )
    .get()
  return { ...NOTHING, ...rows }
}

const NOTHING: Rows = { spans: 0, rowMax: 0, lastReceivedMs: 0 }
