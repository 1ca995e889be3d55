import {
  isFailure,
  isMoment,
  toRouteMinute,
  type RouteMinute,
} from '../../../../rules/window/route-minute.ts'
import { WINDOW_MINUTES } from '../../../../rules/window/window-rule.ts'
import type { SqliteDatabase } from '../../open-database.ts'

/** What one transaction changes in one minute of a route. */
export type Deltas = ReadonlyMap<string, number>

interface Place {
  readonly routeId: number
  readonly minute: number
}

/**
 * What the requests of each route and minute add up to, as they are there now: added when a
 * request comes, taken back when it goes, in any order.
 */
export class WindowCounts {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  /** Whether anything is another than before. */
  change({ routeId, minute }: Place, deltas: Deltas): boolean {
    const changed = [...deltas].filter(([, count]) => count !== 0)
    if (changed.length === 0) return false
    const row = this.#statements.get.get(routeId, minute)
    const counts = parseCounts(row?.counts)
    const moments = parseCounts(row?.moments)
    for (const [key, delta] of changed) {
      const table = isMoment(key) ? moments : counts
      const count = (table.get(key) ?? 0) + delta
      if (count === 0) table.delete(key)
      else table.set(key, count)
    }
    if (counts.size === 0 && moments.size === 0) this.#statements.remove.run(routeId, minute)
    else {
      this.#statements.put.run({
        routeId,
        minute,
        counts: toJson(counts),
        moments: toJson(moments),
        isFailing: [...counts.keys()].some(isFailure) ? 1 : 0,
      })
    }
    return true
  }

  /** Minutes that a change of this one may change the verdict on. */
  failingFrom({ routeId, minute }: Place): readonly number[] {
    return this.#statements.failing.all(routeId, minute, minute + WINDOW_MINUTES)
  }

  /** The window that ends with this minute; empty where nothing is in that minute. */
  windowOf(
    { routeId, minute }: Place,
    nameOf: (number: number) => string | undefined,
  ): readonly RouteMinute[] {
    const rows = this.#statements.window.all(routeId, minute - WINDOW_MINUTES, minute)
    if (rows.at(-1)?.minute !== minute) return []
    const moments = parseCounts(this.#statements.get.get(routeId, minute)?.moments)
    return rows.map((row) => {
      const counts = parseCounts(row.counts)
      const all = row.minute === minute ? [...counts, ...moments] : counts
      return toRouteMinute(row.minute, { counts: all, nameOf })
    })
  }

  /** How many there were; routes without any minute go with them. */
  prune(beforeMinute: number, limit: number): number {
    const removed = this.#statements.prune.run(beforeMinute, limit).changes
    if (removed > 0) for (const forget of this.#statements.forget) forget.run()
    return removed
  }
}

/** Ours: keys are made by `cellsOf`, and a Map takes any of them. */
function parseCounts(json: string | undefined): Map<string, number> {
  const entries: readonly (readonly [string, number])[] = JSON.parse(json ?? '[]')
  return new Map(entries)
}

/** In one order, so that equal counts are equal texts. */
function toJson(counts: ReadonlyMap<string, number>): string {
  return JSON.stringify([...counts].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

interface Row {
  readonly minute: number
  readonly counts: string
}

interface StoredMinute extends Place {
  readonly counts: string
  readonly moments: string
  readonly isFailing: 0 | 1
}

/** What judging asks; a test looks at the plan of each. */
export const WINDOW_QUERIES = {
  get: 'SELECT counts, moments FROM window_minutes WHERE route_id = ? AND minute = ?',
  failing: `SELECT minute FROM window_minutes
    WHERE route_id = ? AND minute >= ? AND minute < ? AND is_failing = 1`,
  window: `SELECT minute, counts FROM window_minutes
    WHERE route_id = ? AND minute > ? AND minute <= ? ORDER BY minute`,
} as const

function prepare(database: SqliteDatabase) {
  return {
    get: database.prepare<[number, number], { counts: string; moments: string }>(
      WINDOW_QUERIES.get,
    ),
    put: database.prepare<[StoredMinute]>(
      `INSERT OR REPLACE INTO window_minutes (route_id, minute, counts, moments, is_failing)
       VALUES (:routeId, :minute, :counts, :moments, :isFailing)`,
    ),
    remove: database.prepare<[number, number]>(
      'DELETE FROM window_minutes WHERE route_id = ? AND minute = ?',
    ),
    failing: database.prepare<[number, number, number], number>(WINDOW_QUERIES.failing).pluck(),
    window: database.prepare<[number, number, number], Row>(WINDOW_QUERIES.window),
    prune: database.prepare<[number, number]>(
      `DELETE FROM window_minutes WHERE (route_id, minute) IN
         (SELECT route_id, minute FROM window_minutes WHERE minute < ? LIMIT ?)`,
    ),
    forget: [
      database.prepare<[]>(
        `DELETE FROM window_routes WHERE NOT EXISTS
           (SELECT 1 FROM window_minutes WHERE route_id = window_routes.id)`,
      ),
      database.prepare<[]>(
        `DELETE FROM window_targets WHERE NOT EXISTS
           (SELECT 1 FROM window_routes WHERE id = window_targets.route_id)`,
      ),
    ],
  }
}
