import type { SqliteDatabase } from '../open-database.ts'
import { MINUTE_MS } from './rollups.ts'
import { DERIVATION } from './verdicts-schema.ts'

/**
 * Verdicts of another derivation are not mixed with ours: they are made again from the spans. Each
 * minute is counted by one derivation alone: what was made hours of, and what is older than the
 * spans, was counted by the earlier one and stays. Nor is what is judged again tallied again.
 */
export function dropOutdated(database: SqliteDatabase, log: LoggedSpans): void {
  const before = database
    .prepare<[], Derived>(
      'SELECT derivation, judged_up_to, max(hours_before, counted_from) AS kept FROM progress',
    )
    .get()
  if (before?.derivation === DERIVATION) return
  const countedFrom =
    before === undefined ? 0 : Math.max(before.kept, Math.ceil(log.fromMs() / MINUTE_MS))
  database
    .transaction(() => {
      for (const table of ROLLUPS) {
        database.prepare<[number]>(`DELETE FROM ${table} WHERE minute >= ?`).run(countedFrom)
      }
      for (const table of DERIVED) database.exec(`DELETE FROM ${table}`)
      database
        .prepare<[number, number, number, number]>(
          `INSERT INTO progress (one, derivation, judged_up_to, unrecognised, again_up_to,
             hours_before, counted_from, anew_up_to)
           VALUES (1, ?, 0, 0, ?, 0, ?, ?)
           ON CONFLICT DO UPDATE SET derivation = excluded.derivation, judged_up_to = 0,
             unrecognised = 0, without_request = 0,
             again_up_to = max(again_up_to, excluded.again_up_to),
             counted_from = excluded.counted_from, anew_up_to = excluded.anew_up_to`,
        )
        .run(DERIVATION, before?.judged_up_to ?? 0, countedFrom, log.upTo())
    })
    .immediate()
}

/** Asked where verdicts are made again. */
export interface LoggedSpans {
  /** Spans that were received from then on are all there. */
  readonly fromMs: () => number
  /** The position of the last that is there; 0 where none is. */
  readonly upTo: () => number
}

interface Derived {
  readonly derivation: number
  readonly judged_up_to: number
  readonly kept: number
}

const ROLLUPS = ['request_minutes', 'outcome_minutes', 'finding_minutes']
const DERIVED = [
  'requests',
  'further_traces',
  'terms',
  'postings',
  'incidents',
  'incident_callers',
  'incident_minutes',
  'occurrences',
  'kept_sightings',
  'told_together',
  'lookouts',
  'wire_forms',
  'senders',
  'window_routes',
  'window_targets',
  'window_minutes',
  'window_findings',
  'gateway_runs',
]
