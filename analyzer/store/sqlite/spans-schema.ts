import type { Migration } from './migrate.ts'

/**
 * Ids are blobs, half as long as hex. A rowid table with an index on the ids: keyed by a random id
 * it would be four times slower. `AUTOINCREMENT`, because the position of a span that was pruned
 * must not be given again: readers go on from positions. Times are nanoseconds.
 */
export const SPANS_MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    spans INTEGER NOT NULL DEFAULT 0,
    last_received_ms INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE contexts (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE spans (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    trace_id BLOB NOT NULL,
    span_id BLOB NOT NULL,
    source_id INTEGER NOT NULL,
    context_id INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    is_error INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX spans_by_id ON spans (trace_id, span_id);
  CREATE INDEX spans_by_start ON spans (source_id, start_ns);
  CREATE INDEX spans_failed_by_end ON spans (source_id, end_ns) WHERE is_error = 1;

  CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT;
  INSERT INTO counters VALUES ('stored', 0), ('rejected', 0);
  `,
]
