import type { SqliteDatabase } from '../open-database.ts'
import { CHUNK_HEAD_BYTES } from './chunk.ts'
import { COUNTERS_QUERY } from './counters.ts'
import type { Counter } from './segment.ts'
import type { ContextRow } from './stored-contexts.ts'

export interface ChunkRow {
  readonly row: number
  readonly source_id: number
  readonly context_id: number
  readonly received_ms: number
  readonly sum: number
  readonly bytes: Buffer
  readonly is_first?: number
}

export interface HeadRow {
  readonly row: number
  readonly at_us: number
  readonly head: Buffer
}

export type HotStatements = ReturnType<typeof prepareHot>

const COLUMNS = 'row, source_id, context_id, received_ms, sum, bytes'
const HEAD = `substr(bytes, 1, ${CHUNK_HEAD_BYTES}) AS head`

/** All that is asked of a hot segment. */
export function prepareHot(database: SqliteDatabase) {
  return {
    logged: database.prepare<[number, number], ChunkRow>(
      `SELECT ${COLUMNS}, NOT EXISTS (
         SELECT 1 FROM chunks AS earlier
         WHERE earlier.trace_hash = chunks.trace_hash AND earlier.row < chunks.row) AS is_first
       FROM chunks WHERE row > ? ORDER BY row LIMIT ?`,
    ),
    after: database.prepare<[number, number], ChunkRow>(
      `SELECT ${COLUMNS} FROM chunks WHERE row > ? ORDER BY row LIMIT ?`,
    ),
    chunk: database.prepare<[number], ChunkRow>(`SELECT ${COLUMNS} FROM chunks WHERE row = ?`),
    ofTrace: database.prepare<[number, number], ChunkRow>(
      `SELECT ${COLUMNS} FROM chunks WHERE trace_hash = ? ORDER BY row LIMIT ?`,
    ),
    rowsOfTrace: database
      .prepare<[number, number], number>(
        'SELECT row FROM chunks WHERE trace_hash = ? ORDER BY row LIMIT ?',
      )
      .pluck(),
    newestOfTrace: database
      .prepare<[number, number, number], number>(
        'SELECT row FROM chunks WHERE trace_hash = ? AND row < ? ORDER BY row DESC LIMIT ?',
      )
      .pluck(),
    failed: database.prepare<[number, number, number, number, number], HeadRow>(
      `SELECT row, end_us AS at_us, ${HEAD} FROM failures JOIN chunks USING (row)
       WHERE failures.source_id = ? AND (end_us, row) > (?, ?) AND end_us <= ?
       ORDER BY end_us, row LIMIT ?`,
    ),
    started: database.prepare<[number, number, number, number, number], HeadRow>(
      `SELECT row, start_us AS at_us, ${HEAD} FROM chunks
       WHERE source_id = ? AND (start_us, row) > (?, ?) AND start_us <= ?
       ORDER BY start_us, row LIMIT ?`,
    ),
    rowsOfTraceByWalking: database
      .prepare<[number, number], number>(
        'SELECT row FROM chunks NOT INDEXED WHERE trace_hash = ? ORDER BY row LIMIT ?',
      )
      .pluck(),
    startsOfTrace: database.prepare<[number, number], HeadRow>(
      // The plus keeps the planner from the index by start: it would walk all that a source sent.
      `SELECT row, start_us AS at_us, ${HEAD} FROM chunks
       WHERE trace_hash = ? AND +source_id = ? ORDER BY start_us`,
    ),
    lastIndexed: database
      .prepare<[], number>(
        'SELECT max(row) FROM chunks INDEXED BY chunks_by_trace WHERE trace_hash >= 0',
      )
      .pluck(),
    lastRow: database.prepare<[], number>('SELECT max(row) FROM chunks').pluck(),
    source: database.prepare<[number], string>('SELECT name FROM sources WHERE id = ?').pluck(),
    sourceId: database.prepare<[string], number>('SELECT id FROM sources WHERE name = ?').pluck(),
    context: database.prepare<[number], ContextRow>(
      'SELECT hash, bytes FROM contexts WHERE id = ?',
    ),
    counters: database.prepare<[], Counter>(COUNTERS_QUERY),
  }
}
