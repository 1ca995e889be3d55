import type { Migration } from '../migrate.ts'

/**
 * A segment that is written, or was until it was sealed. Rows are chunks: the spans of one trace,
 * source and context that came in one commit, so that a row and its index entries are shared by
 * several spans. Ids are found by a short hash of theirs: half the size of an index on the ids, and
 * a third more rows per second. Nothing is ever changed or deleted here but counters and meta.
 */
export const HOT_MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- Resource and scope. The hash is the SHA-256 of the bytes, hex.
  CREATE TABLE contexts (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    bytes BLOB NOT NULL
  ) STRICT;

  -- The bytes last: what stands before them is read without them. They are the field
  -- "repeated Span spans = 2" of an OTLP ScopeSpans. The sum is theirs and that of the columns
  -- that say whose they are: SQLite notices a damaged page only by luck.
  CREATE TABLE chunks (
    row INTEGER PRIMARY KEY,
    trace_hash INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    context_id INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX chunks_by_trace ON chunks (trace_hash);
  CREATE INDEX chunks_by_start ON chunks (source_id, start_us);

  -- One for each ERROR span.
  CREATE TABLE failures (
    source_id INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (source_id, end_us, row)
  ) STRICT, WITHOUT ROWID;

  -- Totals since the folder was made: each segment begins with those of the one before it.
  CREATE TABLE counters (
    source_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (source_id, name)
  ) STRICT, WITHOUT ROWID;
  `,
]

/** With 4 KiB a row of an index costs a page of the log as often, but half of the rows fit. */
export const HOT_PAGE_BYTES = 8192
