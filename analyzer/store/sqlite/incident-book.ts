import type { Incident, Sightings } from '../../incidents/incident.ts'
import { applyOccurrence, withdrawOccurrence } from '../../incidents/lifecycle.ts'
import type { Occurrence } from '../../incidents/occurrence.ts'
import type { SqliteDatabase } from './open-database.ts'

/**
 * Keeps incidents and their occurrences in step. Incidents are stored whole, as JSON: they are few,
 * always read whole, and only their folds know what is in them. Every call is part of a transaction
 * of the caller's.
 */
export class IncidentBook {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  all(): readonly Incident[] {
    return this.#statements.all.all().map((row) => parseIncident(row.incident))
  }

  get(id: string): Incident | undefined {
    const row = this.#statements.get.get(id)
    return row === undefined ? undefined : parseIncident(row.incident)
  }

  /** Removes the occurrences of these requests and returns them. */
  take(storyIds: readonly string[]): readonly Occurrence[] {
    return storyIds.flatMap((storyId) => {
      const row = this.#statements.take.get(storyId)
      return row === undefined ? [] : [parseOccurrence(row.occurrence)]
    })
  }

  /** What was taken is withdrawn unless it is among what comes; an unchanged one counts once. */
  settle(taken: readonly Occurrence[], coming: readonly Occurrence[]): void {
    const before = new Set(taken.map((occurrence) => JSON.stringify(occurrence)))
    const after = new Set(coming.map((occurrence) => JSON.stringify(occurrence)))
    for (const occurrence of coming) {
      if (before.has(JSON.stringify(occurrence))) this.#insert(occurrence)
    }
    for (const occurrence of taken) {
      if (!after.has(JSON.stringify(occurrence))) this.#withdraw(occurrence.fingerprint.id)
    }
    for (const occurrence of coming) {
      if (before.has(JSON.stringify(occurrence))) continue
      this.#insert(occurrence)
      this.#put(applyOccurrence(this.get(occurrence.fingerprint.id), occurrence))
    }
  }

  #withdraw(id: string): void {
    const incident = this.get(id)
    if (incident === undefined) return
    const after = withdrawOccurrence(incident, toSightings(incident, this.#statements.left.get(id)))
    if (after === undefined) this.#statements.remove.run(id)
    else this.#put(after)
  }

  #insert(occurrence: Occurrence): void {
    const { storyId, fingerprint, atMs } = occurrence
    this.#statements.insert.run(storyId, fingerprint.id, atMs, JSON.stringify(occurrence))
  }

  /** The row shows the newest request; of two at one time always the same one (invariant I8). */
  #put(incident: Incident): void {
    const { id } = incident.fingerprint
    const newest = this.#statements.newest.get(id)
    let shown = incident
    if (newest !== undefined) {
      const { severity, title, confidence, summary } = parseOccurrence(newest.occurrence)
      shown = { ...incident, severity, title, confidence, summary }
    }
    this.#statements.put.run(id, shown.lastSeenMs, JSON.stringify(shown))
  }
}

interface SightingsRow {
  readonly count: number
  readonly first_ms: number | null
  readonly last_ms: number | null
}

/**
 * Occurrences that were pruned for their age still count: they were sightings, and the incident is
 * the only one who remembers them.
 */
function toSightings(incident: Incident, row: SightingsRow | undefined): Sightings {
  const count = Math.max(row?.count ?? 0, incident.count - 1)
  const pruned = count > (row?.count ?? 0)
  return {
    count,
    firstSeenMs: pruned ? incident.firstSeenMs : (row?.first_ms ?? incident.firstSeenMs),
    lastSeenMs: row?.last_ms ?? incident.lastSeenMs,
  }
}

/** Written by us, read by us: the schema's version vouches for the shape. */
function parseIncident(json: string): Incident {
  const incident: Incident = JSON.parse(json)
  return incident
}

function parseOccurrence(json: string): Occurrence {
  const occurrence: Occurrence = JSON.parse(json)
  return occurrence
}

function prepare(database: SqliteDatabase) {
  return {
    all: database.prepare<[], { incident: string }>(
      'SELECT incident FROM incidents ORDER BY last_seen_ms DESC, id LIMIT 2000',
    ),
    get: database.prepare<[string], { incident: string }>(
      'SELECT incident FROM incidents WHERE id = ?',
    ),
    put: database.prepare<[string, number, string]>(
      `INSERT INTO incidents VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE
       SET last_seen_ms = excluded.last_seen_ms, incident = excluded.incident`,
    ),
    remove: database.prepare<[string]>('DELETE FROM incidents WHERE id = ?'),
    insert: database.prepare<[string, string, number, string]>(
      'INSERT INTO occurrences VALUES (?, ?, ?, ?)',
    ),
    take: database.prepare<[string], { occurrence: string }>(
      'DELETE FROM occurrences WHERE story_id = ? RETURNING occurrence',
    ),
    left: database.prepare<[string], SightingsRow>(
      `SELECT count(*) AS count, min(at_ms) AS first_ms, max(at_ms) AS last_ms
       FROM occurrences WHERE incident_id = ?`,
    ),
    newest: database.prepare<[string], { occurrence: string }>(
      `SELECT occurrence FROM occurrences WHERE incident_id = ?
       ORDER BY at_ms DESC, story_id DESC LIMIT 1`,
    ),
  }
}
