import type { Incident } from '../../incidents/incident.ts'
import type {
  CallerCount,
  Judgement,
  MsRange,
  OverviewCounts,
  Progress,
  RequestFilter,
  StoredRequest,
  VerdictLimits,
  VerdictStore,
} from '../verdict-store.ts'
import type { VerdictTallies } from '../verdict-tallies.ts'
import { IncidentBook } from './incident-book.ts'
import { openForWriting, type SqliteDatabase } from './open-database.ts'
import { RequestQueries } from './request-queries.ts'
import { DERIVATION, VERDICTS_MIGRATIONS } from './verdicts-schema.ts'

export function openVerdictStore(file: string): VerdictStore {
  return new SqliteVerdictStore(openForWriting(file, VERDICTS_MIGRATIONS))
}

class SqliteVerdictStore implements VerdictStore {
  readonly #database: SqliteDatabase
  readonly #statements: ReturnType<typeof prepare>
  readonly #queries: RequestQueries
  readonly #incidents: IncidentBook
  readonly #replace: (judgements: readonly Judgement[], progress: Progress) => void

  constructor(database: SqliteDatabase) {
    this.#database = database
    dropOutdated(database)
    this.#statements = prepare(database)
    this.#queries = new RequestQueries(database)
    this.#incidents = new IncidentBook(database)
    const replace = database.transaction((judgements: readonly Judgement[], progress: Progress) => {
      for (const judgement of judgements) this.#replaceOne(judgement)
      this.#statements.setProgress.run(progress.judgedUpTo, progress.unrecognised)
    })
    this.#replace = (judgements, progress) => replace.immediate(judgements, progress)
  }

  progress(): Progress {
    const row = this.#statements.progress.get()
    return {
      judgedUpTo: row?.judged_up_to ?? 0,
      unrecognised: row?.unrecognised ?? 0,
    }
  }

  replace(judgements: readonly Judgement[], progress: Progress): void {
    this.#replace(judgements, progress)
  }

  overview(range: MsRange, bucketMs: number): OverviewCounts {
    return this.#queries.overview(range, bucketMs)
  }

  incidents(): readonly Incident[] {
    return this.#incidents.all()
  }

  incident(id: string): Incident | undefined {
    return this.#incidents.get(id)
  }

  occurrences(incidentId: string, limit: number): readonly StoredRequest[] {
    return this.#queries.ofIncident(incidentId, limit)
  }

  callers(incidentId: string, limit: number): readonly CallerCount[] {
    return this.#queries.callers(incidentId, limit)
  }

  sparkline(incidentId: string, range: MsRange, bucketMs: number): readonly number[] {
    return this.#queries.sparkline(incidentId, range, bucketMs)
  }

  requests(filter: RequestFilter): readonly StoredRequest[] {
    return this.#queries.list(filter)
  }

  requestsOfTrace(traceId: string): readonly StoredRequest[] {
    return this.#queries.ofTrace(traceId)
  }

  tallies(): VerdictTallies {
    return { requests: [], firstTargetFailures: [], findings: [] }
  }

  /** An incident outlives its requests: its counts stay, and so does the newest as its example. */
  prune(limits: VerdictLimits, nowMs: number): void {
    this.#statements.pruneRequests.run(nowMs - limits.requestAgeMsMax, PRUNE_ROWS)
    this.#statements.pruneIncidents.run(nowMs - limits.incidentAgeMsMax)
    this.#database.pragma(`incremental_vacuum(${PRUNE_PAGES})`)
  }

  close(): void {
    this.#database.close()
  }

  #replaceOne({ traceIds, source, verdicts }: Judgement): void {
    const before = new Set<string>()
    for (const traceId of traceIds) {
      for (const row of this.#statements.storiesOfTrace.all(traceId, source)) {
        before.add(row.story_id)
      }
    }
    for (const verdict of verdicts) before.add(verdict.storyId)
    const withdrawn = this.#incidents.take([...before])
    for (const storyId of before) this.#statements.removeRequest.run(storyId)
    for (const verdict of verdicts) {
      const { storyId, atMs, route = null, outcome, caller = null, eligible, wire } = verdict
      this.#statements.insertRequest.run(
        storyId,
        source,
        atMs,
        route,
        outcome,
        caller,
        eligible ? 1 : 0,
        wire,
      )
      for (const traceId of verdict.traceIds) {
        this.#statements.insertTrace.run(traceId, storyId)
      }
      for (const finding of verdict.findings) {
        this.#statements.insertFinding.run(storyId, finding.rule, finding.title, finding.severity)
      }
    }
    this.#incidents.settle(
      withdrawn,
      verdicts.flatMap(({ occurrence }) => (occurrence === undefined ? [] : [occurrence])),
    )
  }
}

const PRUNE_ROWS = 2000
const PRUNE_PAGES = 4000

/** Verdicts of another derivation are not mixed with ours: they are made again from the spans. */
function dropOutdated(database: SqliteDatabase): void {
  const row = database.prepare<[], { derivation: number }>('SELECT derivation FROM progress').get()
  if (row?.derivation === DERIVATION) return
  database
    .transaction(() => {
      for (const table of ['occurrences', 'requests', 'incidents', 'progress']) {
        database.exec(`DELETE FROM ${table}`)
      }
      database.prepare<[number]>('INSERT INTO progress VALUES (1, ?, 0, 0)').run(DERIVATION)
    })
    .immediate()
}

function prepare(database: SqliteDatabase) {
  return {
    progress: database.prepare<[], { judged_up_to: number; unrecognised: number }>(
      'SELECT judged_up_to, unrecognised FROM progress',
    ),
    setProgress: database.prepare<[number, number]>(
      'UPDATE progress SET judged_up_to = ?, unrecognised = ?',
    ),
    storiesOfTrace: database.prepare<[string, string], { story_id: string }>(
      `SELECT story_id FROM request_traces JOIN requests USING (story_id)
       WHERE trace_id = ? AND source = ?`,
    ),
    removeRequest: database.prepare<[string]>('DELETE FROM requests WHERE story_id = ?'),
    insertRequest: database.prepare<
      [string, string, number, string | null, string, string | null, number, string]
    >('INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    insertTrace: database.prepare<[string, string]>(
      'INSERT INTO request_traces VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    insertFinding: database.prepare<[string, string, string, string]>(
      'INSERT INTO findings VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    pruneRequests: database.prepare<[number, number]>(
      `DELETE FROM requests WHERE story_id IN
         (SELECT story_id FROM requests WHERE at_ms < ? ORDER BY at_ms LIMIT ?)
       AND story_id NOT IN (SELECT max(story_id) FROM occurrences AS newest WHERE at_ms =
         (SELECT max(at_ms) FROM occurrences WHERE incident_id = newest.incident_id)
         GROUP BY incident_id)`,
    ),
    pruneIncidents: database.prepare<[number]>('DELETE FROM incidents WHERE last_seen_ms < ?'),
  }
}
