import type { UsRange } from '../../us-range.ts'
import type { SqliteDatabase } from '../open-database.ts'
import { TAKEN_OVER } from './counters.ts'

export interface StoredRow {
  readonly received_ms: number
  readonly spans: number
  readonly bytes: Buffer
}

export type OpenStatements = ReturnType<typeof prepareOpen>

/** All that is asked of a segment at its writer's end. */
export function prepareOpen(database: SqliteDatabase) {
  return {
    insert: database.prepare<[number, number, number, number, number, number, number, Buffer]>(
      `INSERT INTO chunks
         (trace_hash, source_id, context_id, received_ms, start_us, spans, sum, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    fail: database.prepare<[number, number, number]>(
      'INSERT INTO failures VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    insertSource: database.prepare<[string]>(
      'INSERT INTO sources (name) VALUES (?) ON CONFLICT (name) DO NOTHING',
    ),
    findSource: database.prepare<[string], number>('SELECT id FROM sources WHERE name = ?').pluck(),
    insertContext: database.prepare<[string, Buffer]>(
      'INSERT INTO contexts (hash, bytes) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
    ),
    findContext: database
      .prepare<[string], number>('SELECT id FROM contexts WHERE hash = ?')
      .pluck(),
    count: database.prepare<[number, string, number]>(
      `INSERT INTO counters VALUES (?, ?, ?)
       ON CONFLICT (source_id, name) DO UPDATE SET value = value + excluded.value`,
    ),
    latest: database.prepare<[number, string, number]>(
      `INSERT INTO counters VALUES (?, ?, ?)
       ON CONFLICT (source_id, name) DO UPDATE SET value = max(value, excluded.value)`,
    ),
    set: database.prepare<[number, string, number]>(
      `INSERT INTO counters VALUES (?, ?, ?)
       ON CONFLICT (source_id, name) DO UPDATE SET value = excluded.value`,
    ),
    takenOver: database
      .prepare<[], number>(`SELECT value FROM counters WHERE name = '${TAKEN_OVER}'`)
      .pluck(),
    rowMax: database.prepare<[], number | null>('SELECT max(row) FROM chunks').pluck(),
    // In frames of a page each; since SQLite 3.51, and changes nothing.
    logSize: database.prepare<[], { log: number; checkpointed: number }>(
      'PRAGMA wal_checkpoint(NOOP)',
    ),
    pageCount: database.prepare<[], number>('PRAGMA page_count').pluck(),
    all: database.prepare<[], StoredRow>('SELECT received_ms, spans, bytes FROM chunks'),
    traceHashes: database.prepare<[], number>('SELECT DISTINCT trace_hash FROM chunks').pluck(),
    starts: database.prepare<[], UsRange>(
      `SELECT min(start_us) AS fromUs, max(start_us) AS toUs FROM chunks
       HAVING count(*) > 0`,
    ),
    failures: database.prepare<[], UsRange>(
      `SELECT min(end_us) AS fromUs, max(end_us) AS toUs FROM failures
       HAVING count(*) > 0`,
    ),
  }
}
