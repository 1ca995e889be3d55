import type { MsRange, OverviewCounts } from '../../verdict-store.ts'
import { CountDeltas } from './count-deltas.ts'
import type { SqliteDatabase } from '../open-database.ts'
import type { SeriesBook } from './series-book.ts'

export const MINUTE_MS = 60_000
const MINUTES_PER_HOUR = 60
const HOUR_MS = MINUTES_PER_HOUR * MINUTE_MS

/** One step makes two hours of their minutes: some 60,000 rows where 200 routes are busy. */
const FOLDED_MINUTES = 2 * MINUTES_PER_HOUR

/** What one request adds to the counts, or takes from them. */
interface Contribution {
  readonly atMs: number
  readonly seriesId: number
  readonly findings: readonly number[]
  readonly incidentId: number | undefined
  /** Its minute has it from an earlier derivation; incidents are counted anew. */
  readonly countedBefore: boolean
}

/**
 * Counts per minute of everything that charts and shares show. They are kept in the transaction
 * that changes the requests, from what goes and what comes, so they always equal a count over the
 * requests that are there, plus those that were pruned. Beyond the retention of requests they are
 * kept per hour, at the hour's first minute.
 */
export class Rollups {
  readonly #statements: ReturnType<typeof prepare>
  readonly #series: SeriesBook
  readonly #requests = new CountDeltas<readonly [number, number]>()
  readonly #outcomes = new CountDeltas<readonly [number, string, number]>()
  readonly #findings = new CountDeltas<readonly [number, number]>()
  readonly #incidents = new CountDeltas<readonly [number, number]>()
  #hoursBefore: number
  readonly #countedFrom: number

  constructor(database: SqliteDatabase, series: SeriesBook) {
    this.#statements = prepare(database)
    this.#series = series
    this.#hoursBefore = this.#statements.hoursBefore.get()?.hours_before ?? 0
    this.#countedFrom = this.#statements.countedFrom.get()?.counted_from ?? 0
  }

  /** Whether counts of that time were kept from an earlier derivation. */
  isOfBefore(atMs: number): boolean {
    return Math.floor(atMs / MINUTE_MS) < this.#countedFrom
  }

  /** Before it, counts are kept per hour. */
  get minutesFromMs(): number {
    return this.#hoursBefore * MINUTE_MS
  }

  /**
   * The beginning of the first hour from which on no more requests are there than these; 0 where
   * there are no more at all. Never later than the last full hour: windows are judged in it.
   */
  fromMsOfNewest(requestsMax: number, nowMs: number): number {
    let left = requestsMax
    for (const { minute, count } of this.#statements.newestFirst.iterate(this.#hoursBefore)) {
      left -= count
      if (left >= 0) continue
      const nextHourMs = (minute + MINUTES_PER_HOUR) * MINUTE_MS
      return toHour(Math.min(nextHourMs, nowMs - HOUR_MS)) * MINUTE_MS
    }
    return 0
  }

  add({ atMs, incidentId, ...request }: Contribution, count: 1 | -1): void {
    const minute = this.#minuteOf(atMs)
    if (incidentId !== undefined) this.#incidents.add([incidentId, minute], count)
    const { seriesId, findings, countedBefore } = request
    if (countedBefore) return
    const series = this.#series.request(seriesId)
    this.#requests.add([minute, seriesId], count)
    this.#outcomes.add([minute, series?.outcome ?? '', series?.eligible ?? 0], count)
    for (const id of findings) this.#findings.add([minute, id], count)
  }

  /** Of an incident's occurrence that is no request. */
  addSighting(
    { incidentId, atMs }: { readonly incidentId: number; readonly atMs: number },
    count: 1 | -1,
  ): void {
    this.#incidents.add([incidentId, this.#minuteOf(atMs)], count)
  }

  flush(): void {
    const { requests, outcomes, findings, incidents } = this.#statements.tables
    const all = [
      [requests, this.#requests.take()],
      [outcomes, this.#outcomes.take()],
      [findings, this.#findings.take()],
      [incidents, this.#incidents.take()],
    ] as const
    for (const [table, changes] of all) {
      for (const { key, count } of changes) {
        if (table.add.get(...key, count)?.count === 0) table.remove.run(...key)
      }
    }
  }

  /** After a transaction that failed. */
  reload(): void {
    for (const deltas of [this.#requests, this.#outcomes, this.#findings, this.#incidents]) {
      deltas.clear()
    }
    this.#hoursBefore = this.#statements.hoursBefore.get()?.hours_before ?? 0
  }

  overview({ fromMs, toMs }: MsRange, bucketMs: number): OverviewCounts {
    const range = { from: Math.floor(fromMs / MINUTE_MS), to: Math.ceil(toMs / MINUTE_MS) }
    const bucketOf = (minute: number): number =>
      Math.floor((minute * MINUTE_MS - fromMs) / bucketMs)
    const outcomes = new Map<string, number>()
    const buckets = new Map<string, { bucket: number; outcome: string; count: number }>()
    let eligible = 0
    let unrescued = 0
    for (const row of this.#statements.outcomesIn.all(range)) {
      outcomes.set(row.outcome, (outcomes.get(row.outcome) ?? 0) + row.count)
      if (row.eligible === 1) {
        eligible += row.count
        if (row.outcome !== 'rescued') unrescued += row.count
      }
      // The first minute may begin before the range.
      const bucket = Math.max(0, bucketOf(row.minute))
      const key = `${bucket} ${row.outcome}`
      const known = buckets.get(key)
      if (known === undefined) buckets.set(key, { bucket, outcome: row.outcome, count: row.count })
      else known.count += row.count
    }
    return {
      outcomes,
      eligible,
      unrescued,
      rules: this.#statements.rulesIn
        .all(range)
        .map(({ rule, title, severity, count }) => ({ rule, title, severity, count })),
      buckets: [...buckets.values()].toSorted(
        (left, right) => left.bucket - right.bucket || (left.outcome < right.outcome ? -1 : 1),
      ),
    }
  }

  /** Counts of an incident, one per bucket. */
  sparkline(incidentId: number, { fromMs, toMs }: MsRange, bucketMs: number): readonly number[] {
    const counts = Array.from({ length: Math.ceil((toMs - fromMs) / bucketMs) }, () => 0)
    const rows = this.#statements.incidentIn.all({
      incidentId,
      from: Math.floor(fromMs / MINUTE_MS),
      to: Math.ceil(toMs / MINUTE_MS),
    })
    for (const { minute, count } of rows) {
      const bucket = Math.max(0, Math.floor((minute * MINUTE_MS - fromMs) / bucketMs))
      counts[bucket] = (counts[bucket] ?? 0) + count
    }
    return counts
  }

  /** Makes hours of minutes that are older, and removes what is too old; whether more is to do. */
  fold({ minutesFromMs, hoursFromMs }: FoldLimits): boolean {
    const { setHoursBefore, oldest } = this.#statements
    const before = this.#hoursBefore
    const until = toHour(minutesFromMs)
    const first = oldest.get({ from: before })?.minute ?? until
    const from = Math.max(before, first - (first % MINUTES_PER_HOUR))
    const to = Math.min(until, from + FOLDED_MINUTES)
    for (const table of Object.values(this.#statements.tables)) {
      table.prune.run(toHour(hoursFromMs))
      if (to > before) table.fold.run({ from, to })
      if (to > before) table.dropMinutes.run({ from, to })
    }
    if (to <= before) return false
    setHoursBefore.run(to)
    this.#hoursBefore = to
    return to < until
  }

  #minuteOf(atMs: number): number {
    const minute = Math.floor(atMs / MINUTE_MS)
    return minute < this.#hoursBefore ? minute - (minute % MINUTES_PER_HOUR) : minute
  }
}

interface FoldLimits {
  readonly minutesFromMs: number
  readonly hoursFromMs: number
}

/** The minute at which its hour begins. */
function toHour(ms: number): number {
  return Math.max(0, Math.floor(ms / MINUTE_MS / MINUTES_PER_HOUR) * MINUTES_PER_HOUR)
}

interface Minutes {
  readonly from: number
  readonly to: number
}

function prepare(database: SqliteDatabase) {
  return {
    tables: {
      requests: prepareTable(database, 'request_minutes', 'minute, series_id'),
      outcomes: prepareTable(database, 'outcome_minutes', 'minute, outcome, eligible'),
      findings: prepareTable(database, 'finding_minutes', 'minute, series_id'),
      incidents: prepareTable(database, 'incident_minutes', 'incident_id, minute'),
    },
    hoursBefore: database.prepare<[], { hours_before: number }>(
      'SELECT hours_before FROM progress',
    ),
    countedFrom: database.prepare<[], { counted_from: number }>(
      'SELECT counted_from FROM progress',
    ),
    setHoursBefore: database.prepare<[number]>('UPDATE progress SET hours_before = ?'),
    newestFirst: database.prepare<[number], { minute: number; count: number }>(
      `SELECT minute, sum(count) AS count FROM outcome_minutes
       WHERE minute >= ? GROUP BY minute ORDER BY minute DESC`,
    ),
    oldest: database.prepare<[{ readonly from: number }], { minute: number }>(
      'SELECT minute FROM outcome_minutes WHERE minute >= :from ORDER BY minute LIMIT 1',
    ),
    outcomesIn: database.prepare<
      [Minutes],
      { minute: number; outcome: string; eligible: number; count: number }
    >(OVERVIEW_QUERIES.outcomesIn),
    rulesIn: database.prepare<
      [Minutes],
      { rule: string; title: string; severity: string; count: number }
    >(OVERVIEW_QUERIES.rulesIn),
    incidentIn: database.prepare<
      [Minutes & { readonly incidentId: number }],
      { minute: number; count: number }
    >(OVERVIEW_QUERIES.incidentIn),
  }
}

/** What pages ask; a test looks at the plan of each. */
export const OVERVIEW_QUERIES = {
  outcomesIn: `SELECT minute, outcome, eligible, count FROM outcome_minutes
    WHERE minute >= :from AND minute < :to`,
  // With one max() the bare columns are of its row: a finding may weigh less than its rule.
  rulesIn: `SELECT rule, title, severity, sum(count) AS count,
      max(CASE severity WHEN 'high' THEN 2 WHEN 'medium' THEN 1 ELSE 0 END) AS weight
    FROM finding_minutes JOIN finding_series ON finding_series.id = finding_minutes.series_id
    WHERE minute >= :from AND minute < :to GROUP BY rule ORDER BY count DESC, rule`,
  incidentIn: `SELECT minute, count FROM incident_minutes
    WHERE incident_id = :incidentId AND minute >= :from AND minute < :to`,
} as const

/** `columns` are its key; all of them are ours, none comes from outside. */
function prepareTable(database: SqliteDatabase, table: string, columns: string) {
  const names = columns.split(', ')
  const marks = names.map(() => '?').join(', ')
  const folded = columns.replace('minute', `minute - minute % ${MINUTES_PER_HOUR}`)
  const within = `minute >= :from AND minute < :to AND minute % ${MINUTES_PER_HOUR} <> 0`
  return {
    add: database.prepare<(string | number)[], { count: number }>(
      `INSERT INTO ${table} (${columns}, count) VALUES (${marks}, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count RETURNING count`,
    ),
    remove: database.prepare<(string | number)[]>(
      `DELETE FROM ${table} WHERE ${names.map((name) => `${name} = ?`).join(' AND ')}`,
    ),
    fold: database.prepare<[Minutes]>(
      `INSERT INTO ${table} (${columns}, count)
       SELECT ${folded}, sum(count) FROM ${table} WHERE ${within}
       GROUP BY ${names.map((_, position) => position + 1).join(', ')}
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    ),
    dropMinutes: database.prepare<[Minutes]>(`DELETE FROM ${table} WHERE ${within}`),
    prune: database.prepare<[number]>(`DELETE FROM ${table} WHERE minute < ?`),
  }
}
