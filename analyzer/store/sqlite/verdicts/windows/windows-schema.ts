/** Migrations of the verdicts' file, as the others are: never changed once they have run. */
export const WINDOW_TABLES = `
  -- What the requests of a route count, minute by minute, and what was found in that. Of a request:
  -- which route it counts for, and as what.
  CREATE TABLE window_routes (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    route TEXT NOT NULL,
    UNIQUE (source, route)
  ) STRICT;
  CREATE TABLE window_targets (
    id INTEGER PRIMARY KEY,
    route_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (route_id, name)
  ) STRICT;
  CREATE TABLE window_minutes (
    route_id INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    counts TEXT NOT NULL,
    moments TEXT NOT NULL,
    is_failing INTEGER NOT NULL,
    PRIMARY KEY (route_id, minute)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX window_minutes_failing ON window_minutes (route_id, minute) WHERE is_failing = 1;
  CREATE INDEX window_minutes_by_time ON window_minutes (minute);
  CREATE TABLE window_findings (
    id INTEGER PRIMARY KEY,
    route_id INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    name TEXT NOT NULL,
    finding TEXT NOT NULL,
    UNIQUE (route_id, minute, name)
  ) STRICT;
  CREATE INDEX window_findings_by_time ON window_findings (minute);
  ALTER TABLE requests ADD COLUMN window_route INTEGER;
  ALTER TABLE requests ADD COLUMN cells TEXT NOT NULL DEFAULT '';

  -- An occurrence that is no request (its id is negative) is shown by one.
  ALTER TABLE occurrences ADD COLUMN example_id INTEGER;
`

export const TALLIED_WINDOWS_TABLE = `
  -- What was ever found in windows and is in the tallies of findings: it outlives a finding that is
  -- taken back, and a derivation, so that nothing counts twice.
  CREATE TABLE tallied_windows (id TEXT PRIMARY KEY, minute INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX tallied_windows_by_time ON tallied_windows (minute);
`

export const GATEWAY_TABLES = `
  -- From when to when a gateway was seen in one release, and as one process.
  CREATE TABLE gateway_runs (
    source TEXT NOT NULL,
    gateway TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    from_minute INTEGER NOT NULL,
    to_minute INTEGER NOT NULL,
    PRIMARY KEY (source, gateway, kind, value, from_minute)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX gateway_runs_by_time ON gateway_runs (from_minute);
`
