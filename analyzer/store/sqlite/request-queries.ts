import type {
  CallerCount,
  MsRange,
  OverviewCounts,
  RequestFilter,
  StoredRequest,
} from '../verdict-store.ts'
import type { SqliteDatabase } from './open-database.ts'

/** Buckets of one chart; more would be narrower than a pixel. */
export const BUCKETS_MAX = 500

/** Everything that pages ask about requests. The texts of all queries stand here, complete. */
export class RequestQueries {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  overview({ fromMs, toMs }: MsRange, bucketMs: number): OverviewCounts {
    const buckets = this.#statements.buckets.all({ fromMs, toMs, bucketMs })
    const outcomes = new Map<string, number>()
    for (const { outcome, count } of buckets) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
    }
    const share = this.#statements.share.get({ fromMs, toMs })
    return {
      outcomes,
      eligible: share?.eligible ?? 0,
      unrescued: share?.unrescued ?? 0,
      rules: this.#statements.rules.all({ fromMs, toMs }),
      buckets,
    }
  }

  ofIncident(incidentId: string, limit: number): readonly StoredRequest[] {
    return this.#statements.ofIncident.all(incidentId, limit).map(toStored)
  }

  callers(incidentId: string, limit: number): readonly CallerCount[] {
    return this.#statements.callers.all(incidentId, limit)
  }

  sparkline(incidentId: string, range: MsRange, bucketMs: number): readonly number[] {
    const { fromMs, toMs } = range
    const length = Math.min(Math.ceil((toMs - fromMs) / bucketMs), BUCKETS_MAX)
    const counts = Array.from({ length }, () => 0)
    for (const row of this.#statements.sparkline.all({ incidentId, fromMs, toMs, bucketMs })) {
      if (row.bucket < length) counts[row.bucket] = row.count
    }
    return counts
  }

  list(filter: RequestFilter): readonly StoredRequest[] {
    const { text, outcome = null, route = null, rule = null, before, limit } = filter
    return this.#statements.list
      .all({
        text: text === undefined ? null : `%${escapeLike(text)}%`,
        outcome,
        route,
        rule,
        beforeMs: before?.atMs ?? null,
        beforeId: before?.storyId ?? null,
        limit,
      })
      .map(toStored)
  }

  ofTrace(traceId: string): readonly StoredRequest[] {
    return this.#statements.ofTrace.all(traceId).map(toStored)
  }
}

interface Row {
  readonly story_id: string
  readonly at_ms: number
  readonly wire: string
}

function toStored(row: Row): StoredRequest {
  return { storyId: row.story_id, atMs: row.at_ms, wire: row.wire }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/gu, String.raw`\$&`)
}

interface Range {
  readonly fromMs: number
  readonly toMs: number
}

interface ListParameters {
  readonly text: string | null
  readonly outcome: string | null
  readonly route: string | null
  readonly rule: string | null
  readonly beforeMs: number | null
  readonly beforeId: string | null
  readonly limit: number
}

const COLUMNS = 'requests.story_id, requests.at_ms, requests.wire'

function prepare(database: SqliteDatabase) {
  return {
    buckets: database.prepare<
      [Range & { readonly bucketMs: number }],
      { bucket: number; outcome: string; count: number }
    >(
      `SELECT CAST((at_ms - :fromMs) / :bucketMs AS INTEGER) AS bucket, outcome, count(*) AS count
       FROM requests WHERE at_ms >= :fromMs AND at_ms < :toMs GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
    share: database.prepare<[Range], { eligible: number; unrescued: number }>(
      `SELECT count(*) AS eligible, coalesce(sum(outcome <> 'rescued'), 0) AS unrescued
       FROM requests WHERE at_ms >= :fromMs AND at_ms < :toMs AND eligible = 1`,
    ),
    rules: database.prepare<
      [Range],
      { rule: string; title: string; severity: string; count: number }
    >(
      `SELECT rule, title, severity, count(*) AS count
       FROM findings JOIN requests USING (story_id)
       WHERE at_ms >= :fromMs AND at_ms < :toMs GROUP BY rule ORDER BY count DESC, rule`,
    ),
    ofIncident: database.prepare<[string, number], Row>(
      `SELECT ${COLUMNS} FROM occurrences JOIN requests USING (story_id)
       WHERE incident_id = ? ORDER BY occurrences.at_ms DESC, story_id DESC LIMIT ?`,
    ),
    callers: database.prepare<[string, number], { name: string; count: number }>(
      `SELECT caller AS name, count(*) AS count FROM occurrences JOIN requests USING (story_id)
       WHERE incident_id = ? AND caller IS NOT NULL
       GROUP BY caller ORDER BY count DESC, caller LIMIT ?`,
    ),
    sparkline: database.prepare<
      [Range & { readonly incidentId: string; readonly bucketMs: number }],
      { bucket: number; count: number }
    >(
      `SELECT CAST((at_ms - :fromMs) / :bucketMs AS INTEGER) AS bucket, count(*) AS count
       FROM occurrences WHERE incident_id = :incidentId AND at_ms >= :fromMs AND at_ms < :toMs
       GROUP BY 1`,
    ),
    list: database.prepare<[ListParameters], Row>(
      String.raw`SELECT ${COLUMNS} FROM requests
       WHERE (:outcome IS NULL OR outcome = :outcome)
         AND (:route IS NULL OR route = :route)
         AND (:rule IS NULL OR EXISTS (
           SELECT 1 FROM findings
           WHERE findings.story_id = requests.story_id AND findings.rule = :rule))
         AND (:text IS NULL OR wire LIKE :text ESCAPE '\')
         AND (:beforeMs IS NULL OR (at_ms, story_id) < (:beforeMs, :beforeId))
       ORDER BY at_ms DESC, story_id DESC LIMIT :limit`,
    ),
    ofTrace: database.prepare<[string], Row>(
      `SELECT ${COLUMNS} FROM request_traces JOIN requests USING (story_id)
       WHERE trace_id = ? ORDER BY at_ms, requests.story_id`,
    ),
  }
}
