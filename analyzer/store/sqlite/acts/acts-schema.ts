import type { Migration } from '../migrate.ts'

/**
 * What people did, and what cannot be derived from spans. A row of `acts` is never changed: it goes
 * with its incident, when that is forgotten. Times are milliseconds.
 */
export const ACTS_MIGRATIONS: readonly Migration[] = [
  `
  -- AUTOINCREMENT: an id is never given twice, so that a missing one is missed.
  CREATE TABLE acts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL
      CHECK (kind IN ('acknowledge', 'resolve', 'reopen', 'mute', 'note')),
    by TEXT NOT NULL,
    note TEXT,
    until_ms INTEGER
  ) STRICT;
  CREATE INDEX acts_by_incident ON acts (incident, id);
  CREATE INDEX acts_by_end ON acts (until_ms) WHERE until_ms IS NOT NULL;
  CREATE TRIGGER acts_are_never_changed BEFORE UPDATE ON acts
    BEGIN SELECT raise(ABORT, 'an act is never changed'); END;

  -- What of this file was lost, and when that was found.
  CREATE TABLE losses (
    at_ms INTEGER NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('missing', 'older', 'damaged')),
    saved INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- What a source's router file meant, each time that it meant something else.
  CREATE TABLE config_readings (
    source TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX config_readings_by_source ON config_readings (source, at_ms);
  `,
  `
  -- What was answered to a client that named its act: the same one, sent again, is not done again.
  -- digest: of the act, so that another one under its key is told from it. refused: why, where it
  -- was; NULL: it was done, or had nothing to change.
  CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    at_ms INTEGER NOT NULL,
    digest TEXT NOT NULL,
    refused TEXT
  ) STRICT;
  CREATE INDEX answers_by_time ON answers (at_ms);
  `,
]
