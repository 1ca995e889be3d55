import type { SqliteDatabase } from '../open-database.ts'

interface IncidentRow {
  readonly id: number
  readonly held: number
  readonly incident: string
}

export interface OccurrenceRow {
  readonly request_id: number
  readonly example_id: number | null
  readonly at_ms: number
  readonly shown: string
}

/** What pages ask; a test looks at the plan of each. */
export const INCIDENT_QUERIES = {
  all: `SELECT incident FROM incidents WHERE incident <> ''
    ORDER BY last_seen_ms DESC, name DESC LIMIT ?`,
  byName: 'SELECT id, held, incident FROM incidents WHERE name = ?',
  newest: `SELECT request_id, example_id, at_ms, shown FROM occurrences WHERE incident_id = ?
    ORDER BY at_ms DESC, story DESC LIMIT ?`,
  callers: `SELECT caller AS name, count FROM incident_callers WHERE incident_id = ?
    ORDER BY count DESC, caller LIMIT ?`,
  firstAfter: `SELECT min(at_ms) FROM (
    SELECT min(at_ms) AS at_ms FROM occurrences WHERE incident_id = ? AND at_ms > ?
    UNION ALL
    SELECT min(at_ms) FROM kept_sightings WHERE incident_id = ? AND at_ms > ?)`,
  ofRule: 'SELECT count(*) FROM incidents WHERE source = ? AND rule = ?',
  ofSource: 'SELECT count(*) FROM incidents WHERE source = ?',
} as const

export function prepareIncidents(database: SqliteDatabase) {
  return {
    all: database.prepare<[number], { incident: string }>(INCIDENT_QUERIES.all),
    byName: database.prepare<[string], IncidentRow>(INCIDENT_QUERIES.byName),
    byId: database.prepare<[number], IncidentRow>(
      'SELECT id, held, incident FROM incidents WHERE id = ?',
    ),
    make: database.prepare<
      [{ name: string; atMs: number; source: string; rule: string }],
      { id: number }
    >(
      `INSERT INTO incidents (name, last_seen_ms, held, incident, source, rule)
       VALUES (:name, :atMs, 0, '', :source, :rule) RETURNING id`,
    ),
    nameOf: database.prepare<[number], string>('SELECT name FROM incidents WHERE id = ?').pluck(),
    ofRule: database.prepare<[string, string], number>(INCIDENT_QUERIES.ofRule).pluck(),
    ofSource: database.prepare<[string], number>(INCIDENT_QUERIES.ofSource).pluck(),
    firstAfter: database
      .prepare<[number, number, number, number], number | null>(INCIDENT_QUERIES.firstAfter)
      .pluck(),
    keptIn: database
      .prepare<[number, number, number], number>(
        'SELECT 1 FROM kept_sightings WHERE incident_id = ? AND at_ms > ? AND at_ms <= ?',
      )
      .pluck(),
    keep: database.prepare<[number, number]>('INSERT OR IGNORE INTO kept_sightings VALUES (?, ?)'),
    write: database.prepare<[number, number, number | null, string, number]>(
      `UPDATE incidents SET last_seen_ms = ?, held = ?, newest_id = ?, incident = ? WHERE id = ?`,
    ),
    removals: [
      database.prepare<[number]>('DELETE FROM incidents WHERE id = ?'),
      database.prepare<[number]>('DELETE FROM incident_callers WHERE incident_id = ?'),
      database.prepare<[number]>('DELETE FROM incident_minutes WHERE incident_id = ?'),
      database.prepare<[number]>('DELETE FROM occurrences WHERE incident_id = ?'),
      database.prepare<[number]>('DELETE FROM kept_sightings WHERE incident_id = ?'),
    ],
    lastSeenBefore: database.prepare<[number, number], { id: number }>(
      'SELECT id FROM incidents WHERE last_seen_ms < ? ORDER BY last_seen_ms LIMIT ?',
    ),
    holdOneLess: database.prepare<[number]>('UPDATE incidents SET held = held - 1 WHERE id = ?'),
    insert: database.prepare<
      [number, number, number, Buffer, string | null, string, number | null]
    >('INSERT INTO occurrences VALUES (?, ?, ?, ?, ?, ?, ?)'),
    take: database.prepare<[number], { incident_id: number; caller: string | null; at_ms: number }>(
      'DELETE FROM occurrences WHERE request_id = ? RETURNING incident_id, caller, at_ms',
    ),
    newest: database.prepare<[number, number], OccurrenceRow>(INCIDENT_QUERIES.newest),
    oldest: database.prepare<[number], { at_ms: number }>(
      'SELECT at_ms FROM occurrences WHERE incident_id = ? ORDER BY at_ms LIMIT 1',
    ),
    callers: database.prepare<[number, number], { name: string; count: number }>(
      INCIDENT_QUERIES.callers,
    ),
    addCaller: database.prepare<[number, string, number], { count: number }>(
      `INSERT INTO incident_callers VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count RETURNING count`,
    ),
    removeCaller: database.prepare<[number, string]>(
      'DELETE FROM incident_callers WHERE incident_id = ? AND caller = ?',
    ),
  }
}
