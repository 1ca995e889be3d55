import { placeFor } from '../../../incidents/caps.ts'
import type { Fingerprint, FingerprintIngredients } from '../../../incidents/fingerprint.ts'
import type { Incident, Sightings } from '../../../incidents/incident.ts'
import type { Occurrence, RootCause } from '../../../incidents/occurrence.ts'
import { sight } from '../../../incidents/sight.ts'
import type { CallerCount, TurnsOf } from '../../verdict-store.ts'
import { CountDeltas } from './count-deltas.ts'
import type { SqliteDatabase } from '../open-database.ts'
import { prepareIncidents } from './incident-statements.ts'
import { packStory } from './pack-ids.ts'
import { parseSighting, printSighting, shownById, shownOf } from './stored-sighting.ts'

/** Incidents of one list: a page shows fewer, and they are read whole. */
const INCIDENTS_READ_MAX = 2000

/** A request that joins an incident. */
interface Sighting {
  readonly requestId: number
  readonly occurrence: Occurrence
  readonly caller: string | undefined
  /** The request that shows it, where it is none itself. */
  readonly exampleId?: number | undefined
}

interface Change {
  readonly id: number
  incident: Incident | undefined
  /** Requests that are stored as its own, more and fewer than before. */
  held: number
  came: number
  left: number
}

/**
 * Keeps incidents and their occurrences in step. Incidents are stored whole, as JSON: they are few,
 * always read whole, and only their folds know what is in them. A transaction of the caller's calls
 * `take` and `put` for each request and `flush` once: an outage is one write, not one per request.
 */
export class IncidentBook {
  readonly #statements: ReturnType<typeof prepareIncidents>
  readonly #changes = new Map<number, Change>()
  readonly #callers = new CountDeltas<readonly [number, string]>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepareIncidents(database)
  }

  reload(): void {
    this.#changes.clear()
    this.#callers.clear()
  }

  all(): readonly Incident[] {
    return this.#statements.all.all(INCIDENTS_READ_MAX).map((row) => parseIncident(row.incident))
  }

  get(name: string): Incident | undefined {
    const row = this.#statements.byName.get(name)
    return row === undefined ? undefined : parseIncident(row.incident)
  }

  idOf(name: string): number | undefined {
    return this.#statements.byName.get(name)?.id
  }

  callers(incidentId: number, limit: number): readonly CallerCount[] {
    return this.#statements.callers.all(incidentId, limit)
  }

  /** The ids of its newest requests, each once. */
  newest(incidentId: number, limit: number): readonly number[] {
    return [...new Set(this.#statements.newest.all(incidentId, limit).map(shownById))]
  }

  /** What failed first in its newest requests, as often as it did. */
  rootCauses(incidentId: number, limit: number): readonly RootCause[] {
    return this.#statements.newest
      .all(incidentId, limit)
      .flatMap(({ shown }) => parseSighting(shown).rootCause ?? [])
  }

  firstSeenAfter(incidentId: number, ms: number): number | undefined {
    return this.#statements.firstAfter.get(incidentId, ms, incidentId, ms) ?? undefined
  }

  folded(incidentId: number, limit: number): readonly FingerprintIngredients[] {
    return this.#statements.newest
      .all(incidentId, limit)
      .flatMap(({ shown }) => parseSighting(shown).folded ?? [])
  }

  /** Of a request that is taken back; its incident's id, where it was part of one. */
  take(requestId: number): number | undefined {
    const taken = this.#statements.take.get(requestId)
    if (taken === undefined) return undefined
    const change = this.#changeOf(taken.incident_id)
    change.held -= 1
    change.left += 1
    if (taken.caller !== null) this.#callers.add([taken.incident_id, taken.caller], -1)
    return taken.incident_id
  }

  /** The id of the incident that the request is now part of. */
  put({ requestId, occurrence, caller, exampleId }: Sighting): number {
    const { atMs, storyId } = occurrence
    const { id, fingerprint } = this.#placeOf(occurrence)
    const change = this.#changeOf(id)
    change.held += 1
    change.came += 1
    change.incident = sight(change.incident, { ...occurrence, fingerprint })
    const folded =
      fingerprint.id === occurrence.fingerprint.id ? undefined : occurrence.fingerprint.ingredients
    this.#statements.insert.run(
      requestId,
      id,
      atMs,
      packStory(storyId),
      caller ?? null,
      printSighting(occurrence, folded),
      exampleId ?? null,
    )
    if (caller !== undefined) this.#callers.add([id, caller], 1)
    return id
  }

  /** A request that goes for its age: it was a sighting, and the incident remembers it. */
  prune(requestId: number, turnsOf: TurnsOf): void {
    const taken = this.#statements.take.get(requestId)
    if (taken === undefined) return
    const { incident_id: incidentId, at_ms: atMs } = taken
    this.#statements.holdOneLess.run(incidentId)
    const name = this.#statements.nameOf.get(incidentId)
    for (const turnMs of name === undefined ? [] : turnsOf(name)) {
      // The oldest go first: where none is kept behind the turn, this one is the first behind it.
      if (turnMs >= atMs || this.#statements.keptIn.get(incidentId, turnMs, atMs) === 1) continue
      this.#statements.keep.run(incidentId, atMs)
    }
  }

  /** Incidents that were last seen before; how many there were. */
  forget(beforeMs: number, limit: number): number {
    const rows = this.#statements.lastSeenBefore.all(beforeMs, limit)
    for (const { id } of rows) {
      for (const remove of this.#statements.removals) remove.run(id)
    }
    return rows.length
  }

  flush(): void {
    // Before an incident may go, with all that is its own: its place is given again.
    for (const { key, count } of this.#callers.take()) {
      if (this.#statements.addCaller.get(...key, count)?.count === 0) {
        this.#statements.removeCaller.run(...key)
      }
    }
    for (const change of this.#changes.values()) this.#write(change)
    this.#changes.clear()
  }

  /** The incident that it is part of: its own, where that is known or has a place. */
  #placeOf({ fingerprint, atMs }: Occurrence): {
    readonly id: number
    readonly fingerprint: Fingerprint
  } {
    const own = this.#statements.byName.get(fingerprint.id)
    if (own !== undefined) return { id: own.id, fingerprint }
    const { source, rule } = fingerprint.ingredients
    const place = placeFor(fingerprint, {
      ofRule: this.#statements.ofRule.get(source, rule) ?? 0,
      ofSource: this.#statements.ofSource.get(source) ?? 0,
    })
    const known = this.#statements.byName.get(place.id)
    const made = known ?? this.#statements.make.get({ name: place.id, atMs, source, rule })
    return { id: made?.id ?? 0, fingerprint: place }
  }

  #changeOf(id: number): Change {
    const known = this.#changes.get(id)
    if (known !== undefined) return known
    const row = this.#statements.byId.get(id)
    const incident = row === undefined || row.incident === '' ? undefined : row.incident
    const change: Change = {
      id,
      incident: incident === undefined ? undefined : parseIncident(incident),
      held: row?.held ?? 0,
      came: 0,
      left: 0,
    }
    this.#changes.set(id, change)
    return change
  }

  /** What comes is counted before what leaves: one that is judged again must not end between. */
  #write({ id, incident, held, came, left }: Change): void {
    if (incident === undefined) return
    const count = incident.count - left
    const newest = this.#statements.newest.get(id, 1)
    const oldest = this.#statements.oldest.get(id)
    const sightings: Sightings = {
      count,
      // What was pruned was older than all that is here.
      firstSeenMs: count > held ? incident.firstSeenMs : (oldest?.at_ms ?? incident.firstSeenMs),
      lastSeenMs: newest?.at_ms ?? incident.lastSeenMs,
    }
    if (left > 0 && count === 0) {
      // One that has no request left never was an incident.
      for (const remove of this.#statements.removals) remove.run(id)
      return
    }
    const after = left > 0 || came > 0 ? { ...incident, ...sightings } : incident
    // The row shows the newest request; of two at one time always the same one (invariant I8).
    const shown = newest === undefined ? after : { ...after, ...shownOf(newest) }
    this.#statements.write.run(
      shown.lastSeenMs,
      held,
      newest === undefined ? null : shownById(newest),
      JSON.stringify(shown),
      id,
    )
  }
}

/** Written by us, read by us: the schema's version vouches for the shape. */
function parseIncident(json: string): Incident {
  const incident: Incident = JSON.parse(json)
  return incident
}
