import { MinuteCounts } from '../../../../rules/window/minute-counts.ts'
import type { RouteMinute } from '../../../../rules/window/route-minute.ts'
import { WINDOW_MINUTES } from '../../../../rules/window/window-rule.ts'
import type { SqliteDatabase } from '../../open-database.ts'

/** What one transaction changes in one minute of a route. */
export type Deltas = ReadonlyMap<string, number>

type NameOf = (number: number) => string | undefined

interface Place {
  readonly routeId: number
  readonly minute: number
}

interface Known {
  readonly counts: MinuteCounts
  hasMoments: boolean
  /** As rules see it; undefined since something was changed. */
  seen: RouteMinute | undefined
}

/** The windows of 300 routes, empty minutes too: some 20 MB. */
const KNOWN_MAX = 10_000
/** Minutes whose moments are remembered: those that are written now, at up to 80 kB each. */
const MOMENTS_MAX = 256

/**
 * What the requests of each route and minute add up to, as they are there now: added when a
 * request comes, taken back when it goes, in any order. What was read or written is remembered, for
 * nobody else writes it: while a route fails, each transaction looks at thirty minutes again.
 */
export class WindowCounts {
  readonly #statements: ReturnType<typeof prepare>
  /** By route and minute; undefined: nothing is there. */
  readonly #known = new Map<number, Map<number, Known | undefined>>()
  #size = 0
  /** What was changed last stands last. */
  readonly #withMoments = new Set<Known>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  /** After a transaction that failed, or rows that were removed. */
  reload(): void {
    this.#known.clear()
    this.#size = 0
    this.#withMoments.clear()
  }

  /** Whether anything is another than before. */
  change({ routeId, minute }: Place, deltas: Deltas): boolean {
    const changed = [...deltas].filter(([, count]) => count !== 0)
    if (changed.length === 0) return false
    if (this.#size > KNOWN_MAX) this.reload()
    const known = this.#whole({ routeId, minute }) ?? newKnown()
    for (const [key, delta] of changed) known.counts.add(key, delta)
    known.seen = undefined
    if (known.counts.isEmpty) {
      this.#remember({ routeId, minute }, undefined)
      this.#statements.remove.run(routeId, minute)
      return true
    }
    this.#remember({ routeId, minute }, known)
    this.#rememberMoments(known)
    const isFailing = known.counts.isFailing ? 1 : 0
    this.#statements.put.run({ routeId, minute, ...known.counts.print(), isFailing })
    return true
  }

  /** Minutes that a change of this one may change the verdict on. */
  failingFrom({ routeId, minute }: Place): readonly number[] {
    return this.#statements.failing.all(routeId, minute, minute + WINDOW_MINUTES)
  }

  /** The window that ends with this minute; empty where nothing is in that minute. */
  windowOf({ routeId, minute }: Place, nameOf: NameOf): readonly RouteMinute[] {
    if (this.#size > KNOWN_MAX) this.reload()
    this.#readWindow({ routeId, minute })
    if (this.#whole({ routeId, minute }) === undefined) return []
    const minutes: RouteMinute[] = []
    for (let at = minute - WINDOW_MINUTES + 1; at <= minute; at += 1) {
      const known = this.#known.get(routeId)?.get(at)
      if (known === undefined) continue
      known.seen ??= known.counts.toRouteMinute(at, nameOf)
      minutes.push(known.seen)
    }
    return minutes
  }

  /** How many there were; routes without any minute go with them. */
  prune(beforeMinute: number, limit: number): number {
    const removed = this.#statements.prune.run(beforeMinute, limit).changes
    if (removed > 0) {
      for (const forget of this.#statements.forget) forget.run()
      this.reload()
    }
    return removed
  }

  /** With its moments; undefined where nothing is there. */
  #whole({ routeId, minute }: Place): Known | undefined {
    const route = this.#known.get(routeId)
    const known = route?.get(minute)
    if (route?.has(minute) === true && known?.hasMoments !== false) return known
    const row = this.#statements.get.get(routeId, minute)
    const read = row === undefined ? undefined : toKnown(row)
    this.#remember({ routeId, minute }, read)
    if (read !== undefined) this.#rememberMoments(read)
    return read
  }

  #readWindow({ routeId, minute }: Place): void {
    const from = minute - WINDOW_MINUTES
    const route = this.#known.get(routeId)
    const unknown: number[] = []
    for (let at = from + 1; at <= minute; at += 1) if (route?.has(at) !== true) unknown.push(at)
    if (unknown.length === 0) return
    const rows = this.#statements.window.all(routeId, from, minute)
    const byMinute = new Map(rows.map((row) => [row.minute, row]))
    for (const at of unknown) {
      const row = byMinute.get(at)
      this.#remember({ routeId, minute: at }, row === undefined ? undefined : toKnown(row))
    }
  }

  #remember({ routeId, minute }: Place, known: Known | undefined): void {
    const route = this.#known.get(routeId) ?? new Map<number, Known | undefined>()
    this.#known.set(routeId, route)
    const before = route.size
    route.set(minute, known)
    this.#size += route.size - before
  }

  #rememberMoments(known: Known): void {
    this.#withMoments.delete(known)
    this.#withMoments.add(known)
    const [oldest] = this.#withMoments
    if (this.#withMoments.size <= MOMENTS_MAX || oldest === undefined) return
    this.#withMoments.delete(oldest)
    oldest.counts.dropMoments()
    oldest.hasMoments = false
    oldest.seen = undefined
  }
}

function newKnown(): Known {
  return { counts: new MinuteCounts(), hasMoments: true, seen: undefined }
}

function toKnown({
  counts,
  moments,
}: {
  readonly counts: string
  readonly moments?: string
}): Known {
  const known = { ...newKnown(), hasMoments: moments !== undefined }
  for (const [key, count] of parseCounts(counts)) known.counts.add(key, count)
  for (const [key, count] of parseCounts(moments ?? '[]')) known.counts.add(key, count)
  return known
}

/** Ours: keys are made by `cellsOf`, and a Map takes any of them. */
function parseCounts(json: string): readonly (readonly [string, number])[] {
  const entries: readonly (readonly [string, number])[] = JSON.parse(json)
  return entries
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
