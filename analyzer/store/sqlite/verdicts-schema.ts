import type { Migration } from './migrate.ts'

/**
 * Raised when dialects or rules judge differently: all verdicts are then made again from the spans
 * that are still there, at the next start.
 */
export const DERIVATION = 1

/** Everything here is derived, except what people did to an incident. Times are milliseconds. */
export const VERDICTS_MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    derivation INTEGER NOT NULL,
    judged_up_to INTEGER NOT NULL,
    unrecognised INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE requests (
    story_id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    route TEXT,
    outcome TEXT NOT NULL,
    caller TEXT,
    eligible INTEGER NOT NULL,
    wire TEXT NOT NULL
  ) STRICT;
  CREATE INDEX requests_by_time ON requests (at_ms, story_id);

  CREATE TABLE request_traces (
    trace_id TEXT NOT NULL,
    story_id TEXT NOT NULL REFERENCES requests ON DELETE CASCADE,
    PRIMARY KEY (trace_id, story_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX request_traces_by_story ON request_traces (story_id);

  CREATE TABLE findings (
    story_id TEXT NOT NULL REFERENCES requests ON DELETE CASCADE,
    rule TEXT NOT NULL,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    PRIMARY KEY (story_id, rule)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    last_seen_ms INTEGER NOT NULL,
    incident TEXT NOT NULL
  ) STRICT;

  CREATE TABLE occurrences (
    story_id TEXT PRIMARY KEY REFERENCES requests ON DELETE CASCADE,
    incident_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    occurrence TEXT NOT NULL
  ) STRICT;
  CREATE INDEX occurrences_by_incident ON occurrences (incident_id, at_ms, story_id);
  `,
]
