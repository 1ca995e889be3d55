import { RUN_GAP_MINUTES, type GatewayRun } from '../../../incidents/markers.ts'
import type { Verdict } from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'
import { MINUTE_MS } from './rollups.ts'

/** Of one source, gateway and kind; more are those of a sender that changes its name each time. */
const RUNS_MAX = 200

/** Of all sources; as many as are shown and read whole. */
const RUNS_READ_MAX = 5000

const VALUE_CHARS_MAX = 100

type RunKey = Omit<GatewayRun, 'fromMinute' | 'toMinute'>

/**
 * When which release and which process of a gateway was seen. Sightings only add up: a span that
 * came has come, whatever becomes of its verdict, and so no order changes the result.
 */
export class GatewayBook {
  readonly #statements: ReturnType<typeof prepare>
  /** Where the last sighting of each fell, so that nearly all of them ask nothing. */
  readonly #known = new Map<string, { readonly from: number; readonly to: number }>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  see({ source, gateway }: Verdict): void {
    if (gateway === undefined) return
    const { name, release, instance, atMs } = gateway
    const minute = Math.floor(atMs / MINUTE_MS)
    const key = { source, gateway: name }
    if (release !== undefined) this.#see({ ...key, kind: 'release', value: cut(release) }, minute)
    if (instance !== undefined) {
      this.#see({ ...key, kind: 'instance', value: cut(instance) }, minute)
    }
  }

  all(): readonly GatewayRun[] {
    return this.#statements.all.all(RUNS_READ_MAX)
  }

  prune(beforeMs: number): void {
    const { changes } = this.#statements.prune.run(Math.floor(beforeMs / MINUTE_MS))
    if (changes > 0) this.reload()
  }

  /** After a transaction that failed, or rows that were removed. */
  reload(): void {
    this.#known.clear()
  }

  /** Joins what is near enough to be one run, whichever of them came first. */
  #see(key: RunKey, minute: number): void {
    const name = nameOf(key)
    const known = this.#known.get(name)
    if (known !== undefined && minute >= known.from && minute <= known.to) return
    const from = minute - RUN_GAP_MINUTES
    const near = this.#statements.near.all({ ...key, from, to: minute + RUN_GAP_MINUTES })
    const run = {
      from: near.reduce((least, row) => Math.min(least, row.fromMinute), minute),
      to: near.reduce((most, row) => Math.max(most, row.toMinute), minute),
    }
    for (const row of near) this.#statements.remove.run({ ...key, from: row.fromMinute })
    if (near.length === 0) this.#makeRoom(key)
    this.#statements.insert.run({ ...key, ...run })
    if (this.#known.size >= RUNS_READ_MAX) this.#known.clear()
    this.#known.set(name, run)
  }

  #makeRoom(key: RunKey): void {
    if ((this.#statements.count.get(key) ?? 0) < RUNS_MAX) return
    const oldest = this.#statements.oldest.get(key)
    if (oldest === undefined) return
    this.#statements.remove.run({ ...key, value: oldest.value, from: oldest.fromMinute })
    this.#known.clear()
  }
}

/** Called for each request: no two are one, for their lengths come first. */
function nameOf({ source, gateway, kind, value }: RunKey): string {
  return `${kind} ${source.length} ${gateway.length} ${source}${gateway}${value}`
}

function cut(value: string): string {
  return value.slice(0, VALUE_CHARS_MAX)
}

const COLUMNS = 'source, gateway, kind, value, from_minute AS fromMinute, to_minute AS toMinute'
const OF_KIND = 'source = :source AND gateway = :gateway AND kind = :kind'

function prepare(database: SqliteDatabase) {
  return {
    all: database.prepare<[number], GatewayRun>(
      `SELECT ${COLUMNS} FROM gateway_runs ORDER BY from_minute DESC LIMIT ?`,
    ),
    near: database.prepare<[RunKey & { from: number; to: number }], GatewayRun>(
      `SELECT ${COLUMNS} FROM gateway_runs
       WHERE ${OF_KIND} AND value = :value AND from_minute <= :to AND to_minute >= :from`,
    ),
    insert: database.prepare<[RunKey & { from: number; to: number }]>(
      'INSERT INTO gateway_runs VALUES (:source, :gateway, :kind, :value, :from, :to)',
    ),
    remove: database.prepare<[RunKey & { from: number }]>(
      `DELETE FROM gateway_runs WHERE ${OF_KIND} AND value = :value AND from_minute = :from`,
    ),
    count: database
      .prepare<[RunKey], number>(`SELECT count(*) FROM gateway_runs WHERE ${OF_KIND}`)
      .pluck(),
    oldest: database.prepare<[RunKey], GatewayRun>(
      `SELECT ${COLUMNS} FROM gateway_runs WHERE ${OF_KIND} ORDER BY to_minute, value LIMIT 1`,
    ),
    prune: database.prepare<[number]>('DELETE FROM gateway_runs WHERE to_minute < ?'),
  }
}
