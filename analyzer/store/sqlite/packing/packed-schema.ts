import type { Migration } from '../migrate.ts'

/**
 * A packed segment. Never changed once it is there, so that it needs no log, and the row of a
 * chunk, which is its place in the order of arrival, is the one that it had before.
 */
export const PACKED_MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE contexts (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE counters (
    source_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (source_id, name)
  ) STRICT, WITHOUT ROWID;

  -- Several traces each; see block.ts.
  CREATE TABLE blocks (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

  -- The chunks of one trace and source, or some of them where there are very many. The row is that
  -- of the first chunk, start_row that of the chunk that starts earliest; the part begins at the
  -- offset in what the block unfolds to.
  CREATE TABLE parts (
    row INTEGER PRIMARY KEY,
    trace_id BLOB NOT NULL,
    source_id INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    start_row INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    block_id INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX parts_by_trace ON parts (trace_id);
  CREATE INDEX parts_by_start ON parts (source_id, start_us);

  -- Where the chunks are that are not the first of their part.
  CREATE TABLE later_chunks (row INTEGER PRIMARY KEY, part_row INTEGER NOT NULL) STRICT;

  -- One for each ERROR span, as in a hot segment.
  CREATE TABLE failures (
    source_id INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (source_id, end_us, row)
  ) STRICT, WITHOUT ROWID;
  `,
]
