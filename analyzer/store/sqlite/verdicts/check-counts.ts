import type { SqliteDatabase } from '../open-database.ts'

/** Contradictions that are named; more of one kind say nothing more. */
const NAMED_MAX = 5

/**
 * Whether what is counted equals what is there: rollups, postings, incidents. Reads everything, in
 * one transaction of its own; for a check by hand and for tests, never while judging.
 */
export function checkCounts(database: SqliteDatabase): readonly string[] {
  return database.transaction(() =>
    CHECKS.flatMap(({ what, sql }) =>
      database
        .prepare<[], { at: string | number; stored: number; counted: number }>(
          `${sql} LIMIT ${NAMED_MAX}`,
        )
        .all()
        .map(({ at, stored, counted }) => `${what} ${at}: ${stored} stored, ${counted} counted`),
    ),
  )()
}

/** Each asks for the rows where the stored count is not the count of what is there. */
const CHECKS: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: 'requests of minute and series',
    sql: compare({
      stored: `SELECT minute || '/' || series_id AS at, count FROM request_minutes WHERE ${held()}`,
      counted: `SELECT (at_ms / 60000) || '/' || series_id AS at, count(*) AS count
        FROM requests WHERE ${held('at_ms / 60000')} GROUP BY 1`,
    }),
  },
  {
    what: 'requests of minute and outcome',
    sql: compare({
      stored: `SELECT minute || '/' || outcome || '/' || eligible AS at, count
        FROM outcome_minutes WHERE ${held()}`,
      counted: `SELECT (at_ms / 60000) || '/' || outcome || '/' || eligible AS at, count(*) AS count
        FROM requests JOIN request_series ON request_series.id = series_id
        WHERE ${held('at_ms / 60000')} GROUP BY 1`,
    }),
  },
  {
    what: 'findings of minute and series',
    sql: compare({
      stored: `SELECT minute || '/' || series_id AS at, count FROM finding_minutes WHERE ${held()}`,
      counted: `SELECT (at_ms / 60000) || '/' || finding.value AS at, count(*) AS count
        FROM requests, json_each('[' || findings || ']') AS finding
        WHERE ${held('at_ms / 60000')} GROUP BY 1`,
    }),
  },
  {
    what: 'requests of incident and minute',
    sql: compare({
      stored: `SELECT incident_id || '/' || minute AS at, count
        FROM incident_minutes WHERE ${held()}`,
      counted: `SELECT incident_id || '/' || (at_ms / 60000) AS at, count(*) AS count
        FROM occurrences WHERE ${held('at_ms / 60000')} GROUP BY 1`,
    }),
  },
  {
    what: 'requests of term',
    sql: compare({
      stored: 'SELECT id AS at, requests AS count FROM terms',
      counted: `SELECT term.value AS at, count(*) AS count
        FROM requests, json_each('[' || terms || ']') AS term GROUP BY 1`,
    }),
  },
  {
    what: 'postings of term',
    sql: compare({
      stored: 'SELECT id AS at, requests AS count FROM terms',
      counted: 'SELECT term_id AS at, count(*) AS count FROM postings GROUP BY 1',
    }),
  },
  {
    what: 'requests held by incident',
    sql: compare({
      stored: 'SELECT id AS at, held AS count FROM incidents WHERE held > 0',
      counted: 'SELECT incident_id AS at, count(*) AS count FROM occurrences GROUP BY 1',
    }),
  },
  {
    what: 'incident with fewer requests than it holds',
    sql: `SELECT name AS at, json_extract(incident, '$.count') AS stored, held AS counted
      FROM incidents WHERE json_extract(incident, '$.count') < held`,
  },
  {
    what: 'occurrence without its request',
    sql: `SELECT request_id AS at, 1 AS stored, 0 AS counted FROM occurrences
      WHERE request_id >= 0 AND request_id NOT IN (SELECT id FROM requests)`,
  },
  {
    what: 'occurrence without its window',
    sql: `SELECT request_id AS at, 1 AS stored, 0 AS counted FROM occurrences
      WHERE request_id < 0 AND -request_id NOT IN (SELECT id FROM window_findings)`,
  },
  {
    what: 'requests of route, minute and cell',
    sql: compare({
      stored: `SELECT route_id || '/' || minute || '/' || json_extract(cell.value, '$[0]') AS at,
          json_extract(cell.value, '$[1]') AS count
        FROM window_minutes, json_each(
          CASE WHEN counts = '[]' THEN moments WHEN moments = '[]' THEN counts
          ELSE substr(counts, 1, length(counts) - 1) || ',' || substr(moments, 2) END) AS cell
        WHERE ${held()}`,
      counted: `SELECT window_route || '/' || minute || '/' || key AS at, count(*) AS count FROM (
          SELECT window_route,
            at_ms / 60000 + CAST(substr(cell.value, 1, instr(cell.value, ':') - 1) AS INTEGER)
              AS minute,
            substr(cell.value, instr(cell.value, ':') + 1) AS key
          FROM requests, json_each(iif(cells = '', '[]', cells)) AS cell WHERE window_route IS NOT NULL)
        WHERE ${held()} GROUP BY 1`,
    }),
  },
]

/**
 * Older minutes were made hours of, and count requests that were pruned, or that an earlier
 * derivation knew.
 */
function held(minute = 'minute'): string {
  return `${minute} >= (SELECT max(hours_before, counted_from) FROM progress)`
}

function compare({
  stored,
  counted,
}: {
  readonly stored: string
  readonly counted: string
}): string {
  return `WITH stored AS (${stored}), counted AS (${counted})
    SELECT at, stored.count AS stored, coalesce(counted.count, 0) AS counted
    FROM stored LEFT JOIN counted USING (at) WHERE counted.count IS NOT stored.count
    UNION ALL
    SELECT at, 0, counted.count FROM counted WHERE at NOT IN (SELECT at FROM stored)`
}
