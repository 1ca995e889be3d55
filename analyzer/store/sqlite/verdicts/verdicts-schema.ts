import type { Migration } from '../migrate.ts'
import { GATEWAY_TABLES, TALLIED_WINDOWS_TABLE, WINDOW_TABLES } from './windows/windows-schema.ts'

/**
 * Raised when dialects or rules judge differently, or when a request is packed in another way: all
 * verdicts are then made again from the spans that are still there, at the next start.
 */
export const DERIVATION = 5

/** All of it is derived: what people did to an incident is in acts.db. Times are milliseconds. */
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
  // Nothing of the first schema is kept: all of it is made again from the spans (DERIVATION), and
  // 0.1.0 had no way for a person to change an incident.
  `
  DROP TABLE occurrences;
  DROP TABLE incidents;
  DROP TABLE findings;
  DROP TABLE request_traces;
  DROP TABLE requests;
  DROP TABLE progress;

  -- again_up_to: requests whose spans all stand up to there were in the tallies once before.
  -- hours_before: rollups of minutes before this one are kept per hour.
  CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    derivation INTEGER NOT NULL,
    judged_up_to INTEGER NOT NULL,
    unrecognised INTEGER NOT NULL,
    again_up_to INTEGER NOT NULL,
    hours_before INTEGER NOT NULL
  ) STRICT;

  -- Labels of the rollups and of the tallies. A request names its series, so that what is taken
  -- back is what was added, whatever became of the caps since.
  CREATE TABLE request_series (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    route TEXT NOT NULL,
    api TEXT NOT NULL,
    outcome TEXT NOT NULL,
    eligible INTEGER NOT NULL,
    judged INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, route, api, outcome, eligible)
  ) STRICT;
  CREATE TABLE finding_series (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    confidence TEXT NOT NULL,
    title TEXT NOT NULL,
    judged INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    UNIQUE (rule, severity, confidence)
  ) STRICT;
  CREATE TABLE failure_series (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    route TEXT NOT NULL,
    target TEXT NOT NULL,
    result TEXT NOT NULL,
    judged INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, route, target, result)
  ) STRICT;

  -- id: the time, then ten bits that spread those of one millisecond. Newest first is the order of
  -- the key, and of every posting list below.
  CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    story BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    failure_id INTEGER,
    terms TEXT NOT NULL,
    findings TEXT NOT NULL,
    wire BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX requests_by_story ON requests (story);

  -- The traces of a request whose id its story does not begin with.
  CREATE TABLE further_traces (
    trace BLOB NOT NULL,
    request_id INTEGER NOT NULL,
    PRIMARY KEY (trace, request_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX further_traces_by_request ON further_traces (request_id);

  -- Names by which requests are looked for, and the requests of each.
  CREATE TABLE terms (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    requests INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, value)
  ) STRICT;
  CREATE TABLE postings (
    term_id INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    PRIMARY KEY (term_id, request_id)
  ) STRICT, WITHOUT ROWID;

  -- Rollups: they outlive their requests.
  CREATE TABLE request_minutes (
    minute INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (minute, series_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outcome_minutes (
    minute INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    eligible INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (minute, outcome, eligible)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE finding_minutes (
    minute INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (minute, series_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE incident_minutes (
    incident_id INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (incident_id, minute)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX incident_minutes_by_time ON incident_minutes (minute);

  -- held: how many of its occurrences are still here; the others were pruned, and still count.
  CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    last_seen_ms INTEGER NOT NULL,
    held INTEGER NOT NULL,
    newest_id INTEGER,
    incident TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incidents_by_time ON incidents (last_seen_ms, name);
  CREATE INDEX incidents_by_newest ON incidents (newest_id);
  CREATE TABLE incident_callers (
    incident_id INTEGER NOT NULL,
    caller TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (incident_id, caller)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE occurrences (
    request_id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    story BLOB NOT NULL,
    caller TEXT,
    shown TEXT NOT NULL
  ) STRICT;
  CREATE INDEX occurrences_by_incident ON occurrences (incident_id, at_ms, story);

  -- Which traces were told together, where they were more than one (0: alone in a crowd), and where
  -- those that are open towards others look for them. Microseconds.
  CREATE TABLE told_together (
    trace BLOB NOT NULL,
    source TEXT NOT NULL,
    together INTEGER NOT NULL,
    PRIMARY KEY (trace, source)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX told_together_by_group ON told_together (together);
  CREATE TABLE lookouts (
    source TEXT NOT NULL,
    looks_for TEXT NOT NULL,
    is_long INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    trace BLOB NOT NULL,
    PRIMARY KEY (source, looks_for, is_long, to_us, from_us, trace)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lookouts_by_trace ON lookouts (trace, source);
  CREATE INDEX lookouts_by_time ON lookouts (to_us);
  `,
  `
  -- Texts of requests that differ in ids and times alone, with a gap for each of these.
  CREATE TABLE wire_forms (id INTEGER PRIMARY KEY, form TEXT NOT NULL) STRICT;
  `,
  `
  -- counted_from: rollups of minutes before this one were made by an earlier derivation, of spans
  -- that may not all be there any more. counted_before: the request is part of these.
  ALTER TABLE progress ADD COLUMN counted_from INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE requests ADD COLUMN counted_before INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The last act of a person that was seen in acts.db, by which one that is gone is missed.
  ALTER TABLE progress ADD COLUMN acts_up_to INTEGER NOT NULL DEFAULT 0;

  -- How many incidents a source, and a rule of it, has places for is limited.
  ALTER TABLE incidents ADD COLUMN source TEXT NOT NULL DEFAULT '';
  ALTER TABLE incidents ADD COLUMN rule TEXT NOT NULL DEFAULT '';
  UPDATE incidents SET
    source = coalesce(json_extract(incident, '$.fingerprint.ingredients.source'), ''),
    rule = coalesce(json_extract(incident, '$.rule'), '')
    WHERE incident <> '';
  CREATE INDEX incidents_by_rule ON incidents (source, rule);

  -- Requests that were pruned, and on which the state of an incident rests.
  CREATE TABLE kept_sightings (
    incident_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (incident_id, at_ms)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Two sources may send the same spans: each has a request of its own.
  DROP INDEX requests_by_story;
  CREATE INDEX requests_by_story ON requests (story);
  `,
  `
  -- Spans that are understood and tell of no request.
  ALTER TABLE progress ADD COLUMN without_request INTEGER NOT NULL DEFAULT 0;

  -- What each source was seen to send: of it follows what its spans cannot show.
  CREATE TABLE senders (
    source TEXT NOT NULL,
    dialect TEXT NOT NULL,
    library TEXT NOT NULL,
    release TEXT NOT NULL,
    minor INTEGER NOT NULL,
    mode TEXT NOT NULL,
    api TEXT NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (source, dialect, library, release, minor, mode, api)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX senders_by_time ON senders (source, last_ms);
  `,
  WINDOW_TABLES,
  GATEWAY_TABLES,
  `
  -- What stood in the log when all of it was to be judged again, because the verdicts of it were
  -- removed, damaged or made by another release: until that is judged, requests are missing.
  ALTER TABLE progress ADD COLUMN anew_up_to INTEGER NOT NULL DEFAULT 0;
  `,
  TALLIED_WINDOWS_TABLE,
  `
  -- Whether a source has any: most have none, and are not asked about trace by trace.
  CREATE INDEX told_together_by_source ON told_together (source);
  `,
]
