import type { FingerprintIngredients } from '../../../incidents/fingerprint.ts'
import type { IncidentTimes } from '../../../incidents/episodes.ts'
import type { Incident } from '../../../incidents/incident.ts'
import type {
  CallerCount,
  Judgement,
  MsRange,
  OverviewCounts,
  Progress,
  RequestFilter,
  RequestPage,
  SourceSender,
  StoredRequest,
  TraceExtent,
  TurnsOf,
  VerdictLimits,
  VerdictStore,
} from '../../verdict-store.ts'
import type { VerdictTallies } from '../../verdict-tallies.ts'
import type { GatewayRun } from '../../../incidents/markers.ts'
import { checkCounts } from './check-counts.ts'
import { IncidentBook } from './incident-book.ts'
import { GatewayBook } from './gateway-book.ts'
import { IncidentTimesReader } from './incident-times.ts'
import type { SqliteDatabase } from '../open-database.ts'
import { RequestBook } from './request-book.ts'
import { RequestQueries } from './request-queries.ts'
import { Rollups } from './rollups.ts'
import { SenderBook } from './sender-book.ts'
import { SeriesBook } from './series-book.ts'
import { tallyReplaced } from './tally-replaced.ts'
import { TermIndex } from './term-index.ts'
import { TraceTies } from './trace-ties.ts'
import { WindowBook, type JudgeWindow } from './windows/window-book.ts'
import { WireBook } from './wire-book.ts'

/** The books of one file, kept in step by one transaction. */
export class SqliteVerdictStore implements VerdictStore {
  readonly #database: SqliteDatabase
  readonly #statements: ReturnType<typeof prepare>
  readonly #series: SeriesBook
  readonly #terms: TermIndex
  readonly #rollups: Rollups
  readonly #incidents: IncidentBook
  readonly #requests: RequestBook
  readonly #windows: WindowBook
  readonly #gateways: GatewayBook
  readonly #times: IncidentTimesReader
  readonly #ties: TraceTies
  readonly #wires: WireBook
  readonly #senders: SenderBook
  readonly #queries: RequestQueries

  constructor(database: SqliteDatabase, judgeWindow: JudgeWindow) {
    this.#database = database
    this.#statements = prepare(database)
    this.#series = new SeriesBook(database)
    this.#terms = new TermIndex(database)
    this.#rollups = new Rollups(database, this.#series)
    this.#incidents = new IncidentBook(database)
    this.#ties = new TraceTies(database)
    this.#wires = new WireBook(database)
    this.#senders = new SenderBook(database)
    this.#windows = new WindowBook(database, {
      incidents: this.#incidents,
      rollups: this.#rollups,
      series: this.#series,
      judge: judgeWindow,
    })
    this.#gateways = new GatewayBook(database)
    this.#times = new IncidentTimesReader(database, this.#incidents)
    this.#requests = new RequestBook(database, {
      series: this.#series,
      terms: this.#terms,
      rollups: this.#rollups,
      incidents: this.#incidents,
      ties: this.#ties,
      wires: this.#wires,
      windows: this.#windows,
    })
    this.#queries = new RequestQueries(database, {
      series: this.#series,
      terms: this.#terms,
      wires: this.#wires,
    })
  }

  progress(): Progress {
    const row = this.#statements.progress.get()
    return {
      judgedUpTo: row?.judged_up_to ?? 0,
      unrecognised: row?.unrecognised ?? 0,
      withoutRequest: row?.without_request ?? 0,
    }
  }

  talliedUpTo(): number {
    return this.#statements.progress.get()?.again_up_to ?? 0
  }

  anewUpTo(): number {
    return this.#statements.progress.get()?.anew_up_to ?? 0
  }

  replace(judgements: readonly Judgement[], progress: Progress): void {
    this.#inTransaction(() => {
      for (const judgement of judgements) this.#replaceOne(judgement)
      const { judgedUpTo, unrecognised, withoutRequest } = progress
      this.#statements.setProgress.run(judgedUpTo, unrecognised, withoutRequest)
    })
  }

  toldWith(source: string, traceId: string): readonly string[] {
    return this.#ties.toldWith(source, traceId)
  }

  missedCrowd(source: string, traceId: string): boolean {
    return this.#ties.missedCrowd(source, traceId)
  }

  lookingAt(extent: TraceExtent, limit: number): readonly string[] {
    return this.#ties.lookingAt(extent, limit)
  }

  overview(range: MsRange, bucketMs: number): OverviewCounts {
    return this.#rollups.overview(range, bucketMs)
  }

  incidents(): readonly Incident[] {
    return this.#incidents.all()
  }

  incident(id: string): Incident | undefined {
    return this.#incidents.get(id)
  }

  occurrences(incidentId: string, limit: number): readonly StoredRequest[] {
    const id = this.#incidents.idOf(incidentId)
    return id === undefined ? [] : this.#queries.withIds(this.#incidents.newest(id, limit))
  }

  callers(incidentId: string, limit: number): readonly CallerCount[] {
    const id = this.#incidents.idOf(incidentId)
    return id === undefined ? [] : this.#incidents.callers(id, limit)
  }

  firstSeenAfter(incidentId: string, ms: number): number | undefined {
    const id = this.#incidents.idOf(incidentId)
    return id === undefined ? undefined : this.#incidents.firstSeenAfter(id, ms)
  }

  folded(incidentId: string, limit: number): readonly FingerprintIngredients[] {
    const id = this.#incidents.idOf(incidentId)
    return id === undefined ? [] : this.#incidents.folded(id, limit)
  }

  sparkline(incidentId: string, range: MsRange, bucketMs: number): readonly number[] {
    return this.#rollups.sparkline(this.#incidents.idOf(incidentId) ?? 0, range, bucketMs)
  }

  incidentTimes(range: MsRange): readonly IncidentTimes[] {
    return this.#times.read(range, this.#rollups.minutesFromMs)
  }

  gatewayRuns(): readonly GatewayRun[] {
    return this.#gateways.all()
  }

  requests(filter: RequestFilter): RequestPage {
    return this.#queries.list(filter)
  }

  requestsOfTrace(traceId: string): readonly StoredRequest[] {
    return this.#queries.ofTrace(traceId)
  }

  tallies(): VerdictTallies {
    return this.#series.tallies()
  }

  senders(): readonly SourceSender[] {
    return this.#senders.all()
  }

  actsUpTo(): number {
    return this.#statements.progress.get()?.acts_up_to ?? 0
  }

  rememberActs(lastId: number): void {
    this.#statements.setActs.run(lastId)
  }

  /** An incident outlives its requests: its counts stay, and so does the newest as its example. */
  prune(limits: VerdictLimits, nowMs: number, turns: TurnsOf = () => []): boolean {
    const incidentsFromMs = nowMs - limits.incidentAgeMsMax
    const more = this.#inTransaction(() => {
      const requestsFromMs = Math.max(
        nowMs - limits.requestAgeMsMax,
        this.#rollups.fromMsOfNewest(limits.requestsMax, nowMs),
      )
      const folding = this.#rollups.fold({
        minutesFromMs: requestsFromMs,
        hoursFromMs: incidentsFromMs,
      })
      // Only where minutes are hours already: before, a count over the requests equals them.
      const removed = this.#requests.prune(this.#rollups.minutesFromMs, {
        limit: PRUNE_ROWS,
        turns,
      })
      const windows = this.#windows.prune({
        beforeMs: this.#rollups.minutesFromMs,
        limit: PRUNE_ROWS,
        turns,
      })
      const forgotten = this.#incidents.forget(incidentsFromMs, PRUNE_INCIDENTS)
      const untied = this.#ties.prune(requestsFromMs, PRUNE_ROWS)
      this.#senders.prune(requestsFromMs)
      this.#gateways.prune(incidentsFromMs)
      const full = removed === PRUNE_ROWS || forgotten === PRUNE_INCIDENTS
      return full || folding || untied || windows
    })
    this.#database.pragma(`incremental_vacuum(${PRUNE_PAGES})`)
    return more
  }

  verify(): readonly string[] {
    return checkCounts(this.#database)
  }

  close(): void {
    this.#database.close()
  }

  #replaceOne(judgement: Judgement): void {
    const { verdicts, again = false } = judgement
    const rows = this.#requests.replacedBy(judgement)
    for (const row of rows) this.#requests.takeBack(row)
    const counted = again || rows.some((row) => row.counted_before === 1)
    const coming = verdicts.map((verdict) => this.#requests.put(verdict, { again: counted }))
    for (const verdict of verdicts) this.#gateways.see(verdict)
    this.#ties.put(judgement)
    this.#senders.put(verdicts)
    tallyReplaced(this.#series, { before: rows, coming, again })
  }

  /** What is remembered beside the file must not outlive a transaction that did not come about. */
  #inTransaction<T>(change: () => T): T {
    const books = [this.#windows, this.#series, this.#terms, this.#rollups, this.#incidents]
    try {
      return this.#database
        .transaction(() => {
          const result = change()
          for (const book of books) book.flush()
          return result
        })
        .immediate()
    } catch (error: unknown) {
      const others = [this.#wires, this.#senders, this.#gateways, this.#ties]
      for (const book of [...books, ...others]) book.reload()
      throw error
    }
  }
}

const PRUNE_ROWS = 2000
const PRUNE_INCIDENTS = 100
const PRUNE_PAGES = 4000

interface ProgressRow {
  readonly judged_up_to: number
  readonly unrecognised: number
  readonly without_request: number
  readonly again_up_to: number
  readonly acts_up_to: number
  readonly anew_up_to: number
}

function prepare(database: SqliteDatabase) {
  return {
    progress: database.prepare<[], ProgressRow>(
      `SELECT judged_up_to, unrecognised, without_request, again_up_to, acts_up_to, anew_up_to
       FROM progress`,
    ),
    setActs: database.prepare<[number]>('UPDATE progress SET acts_up_to = ?'),
    setProgress: database.prepare<[number, number, number]>(
      'UPDATE progress SET judged_up_to = ?, unrecognised = ?, without_request = ?',
    ),
  }
}
