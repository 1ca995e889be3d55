import type { IncidentTimes, MinuteCount } from '../../../incidents/episodes.ts'
import { OTHER } from '../../../incidents/fingerprint.ts'
import type { MsRange } from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'
import type { IncidentBook } from './incident-book.ts'
import { MINUTE_MS } from './rollups.ts'

/** Minutes of all incidents that are read at once; of longer times, the newest. */
const MINUTES_READ_MAX = 100_000

/** Requests of an incident that are asked what failed first. */
const ASKED = 50

const HOUR_MINUTES = 60

/** When the requests of each incident really occurred, and whom and what they were about. */
export class IncidentTimesReader {
  readonly #statements: ReturnType<typeof prepare>
  readonly #incidents: IncidentBook

  constructor(database: SqliteDatabase, incidents: IncidentBook) {
    this.#statements = prepare(database)
    this.#incidents = incidents
  }

  /** Before `minutesFromMs` counts are kept per hour. */
  read({ fromMs, toMs }: MsRange, minutesFromMs: number): readonly IncidentTimes[] {
    const rows = this.#statements.minutes.all(
      Math.floor(fromMs / MINUTE_MS),
      Math.ceil(toMs / MINUTE_MS),
      MINUTES_READ_MAX,
    )
    const byIncident = new Map<number, MinuteCount[]>()
    // The newest come first, and are wanted last.
    for (const { incident_id: id, minute, count } of rows.toReversed()) {
      const isHour = minute * MINUTE_MS < minutesFromMs
      const entry = isHour ? { minute, count, minutes: HOUR_MINUTES } : { minute, count }
      const known = byIncident.get(id)
      if (known === undefined) byIncident.set(id, [entry])
      else known.push(entry)
    }
    return [...byIncident].flatMap(([id, minutes]) => this.#toTimes(id, minutes))
  }

  #toTimes(id: number, minutes: readonly MinuteCount[]): readonly IncidentTimes[] {
    const name = this.#statements.nameOf.get(id)
    const incident = name === undefined ? undefined : this.#incidents.get(name)
    if (incident === undefined) return []
    const { source, provider } = incident.fingerprint.ingredients
    const causes = this.#incidents.rootCauses(id, ASKED)
    const providers = [provider, ...causes.flatMap((cause) => cause.provider ?? [])]
    return [
      {
        id: incident.fingerprint.id,
        source,
        providers: distinct(providers.filter((one) => one !== '' && one !== OTHER)),
        targets: distinct(causes.flatMap(({ target }) => target ?? [])),
        reasons: distinct(causes.map(({ reason }) => reason)),
        minutes,
      },
    ]
  }
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted()
}

function prepare(database: SqliteDatabase) {
  return {
    minutes: database.prepare<
      [number, number, number],
      { incident_id: number; minute: number; count: number }
    >(
      `SELECT incident_id, minute, count FROM incident_minutes
       WHERE minute >= ? AND minute < ? ORDER BY minute DESC LIMIT ?`,
    ),
    nameOf: database.prepare<[number], string>('SELECT name FROM incidents WHERE id = ?').pluck(),
  }
}
