import type { Verdict, VerdictFinding } from '../../verdict-store.ts'
import { OTHER_ROUTE, type FirstTargetResult, type VerdictTallies } from '../../verdict-tallies.ts'
import { CountDeltas } from './count-deltas.ts'
import type { SqliteDatabase } from '../open-database.ts'

/**
 * Routes of a source, and targets of it, that are counted for themselves. Names come from clients;
 * each costs a row per minute here and a series in whatever scrapes `/metrics`.
 */
const NAMES_MAX = 200

type Table = 'request' | 'finding' | 'failure'
type Tallied = 'judged' | 'withdrawn'

export interface RequestSeries {
  readonly id: number
  readonly source: string
  readonly route: string
  readonly api: string
  readonly outcome: string
  readonly eligible: number
}

/**
 * The label sets under which requests are counted, and how often each was judged. All of them are
 * held in memory: the caps keep them few. Every writing call is part of a transaction of the
 * caller's; after one that failed, `reload`.
 */
export class SeriesBook {
  readonly #statements: ReturnType<typeof prepare>
  readonly #ids = new Map<string, number>()
  readonly #requests = new Map<number, RequestSeries>()
  readonly #routes = new Map<string, Set<string>>()
  readonly #targets = new Map<string, Set<string>>()
  readonly #tallies = new CountDeltas<readonly [Table, Tallied, number]>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
    this.reload()
  }

  reload(): void {
    for (const known of [this.#ids, this.#requests, this.#routes, this.#targets]) known.clear()
    this.#tallies.clear()
    for (const row of this.#statements.requests.all()) this.#know(row)
    for (const { id, rule, severity, confidence } of this.#statements.findings.all()) {
      this.#ids.set(keyOf('finding', [rule, severity, confidence]), id)
    }
    for (const { id, source, route, target, result } of this.#statements.failures.all()) {
      this.#ids.set(keyOf('failure', [source, route, target, result]), id)
      cappedName(this.#targets, { source, name: target })
    }
  }

  requestSeries({ source, route, api, outcome, eligible }: Verdict): number {
    const labels = {
      source,
      route: cappedName(this.#routes, { source, name: route ?? '' }),
      api,
      outcome,
      eligible: eligible ? 1 : 0,
    }
    const known = this.#ids.get(keyOf('request', requestKey(labels)))
    if (known !== undefined) return known
    const id = this.#statements.addRequest.get(labels)?.id ?? 0
    this.#know({ id, ...labels })
    return id
  }

  /** Of a request that is stored: its labels as they were when it was. */
  request(id: number): RequestSeries | undefined {
    return this.#requests.get(id)
  }

  findingSeries({ rule, severity, confidence, title }: VerdictFinding): number {
    return this.#idOf(keyOf('finding', [rule, severity, confidence]), () =>
      this.#statements.addFinding.get({ rule, severity, confidence, title }),
    )
  }

  failureSeries({ source, route, firstTargetFailure }: Verdict): number | undefined {
    if (firstTargetFailure === undefined) return undefined
    const labels = {
      source,
      route: cappedName(this.#routes, { source, name: route ?? '' }),
      target: cappedName(this.#targets, { source, name: firstTargetFailure.target }),
      result: firstTargetFailure.result,
    }
    return this.#idOf(
      keyOf('failure', [labels.source, labels.route, labels.target, labels.result]),
      () => this.#statements.addFailure.get(labels),
    )
  }

  tally(tallied: Tallied, request: CountedIds): void {
    this.#tallies.add(['request', tallied, request.series_id], 1)
    if (request.failure_id !== null) this.#tallies.add(['failure', tallied, request.failure_id], 1)
    for (const id of request.findings) this.#tallies.add(['finding', tallied, id], 1)
  }

  /** Of what was found in many requests together. */
  tallyWindow(finding: VerdictFinding): void {
    this.#tallies.add(['finding', 'judged', this.findingSeries(finding)], 1)
  }

  flush(): void {
    for (const { key, count } of this.#tallies.take()) {
      const [table, tallied, id] = key
      this.#statements.tally[table][tallied].run(count, id)
    }
  }

  tallies(): VerdictTallies {
    return {
      requests: this.#statements.requestTallies.all(),
      firstTargetFailures: this.#statements.failureTallies.all(),
      findings: this.#statements.findingTallies.all(),
    }
  }

  #know(series: RequestSeries): void {
    this.#requests.set(series.id, series)
    this.#ids.set(keyOf('request', requestKey(series)), series.id)
    cappedName(this.#routes, { source: series.source, name: series.route })
  }

  #idOf(key: string, add: () => { readonly id: number } | undefined): number {
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = add()?.id ?? 0
    this.#ids.set(key, id)
    return id
  }
}

/** What a stored request is counted as. */
export interface CountedIds {
  readonly series_id: number
  readonly failure_id: number | null
  readonly findings: readonly number[]
}

function requestKey(labels: Omit<RequestSeries, 'id'>): readonly (string | number)[] {
  return [labels.source, labels.route, labels.api, labels.outcome, labels.eligible]
}

function keyOf(table: Table, labels: readonly (string | number)[]): string {
  return JSON.stringify([table, ...labels])
}

/** The name itself, or what stands for all that came when there were too many. */
function cappedName(
  known: Map<string, Set<string>>,
  { source, name }: { readonly source: string; readonly name: string },
): string {
  const names = known.get(source) ?? new Set()
  known.set(source, names)
  if (names.has(name) || name === OTHER_ROUTE) return name
  if (names.size >= NAMES_MAX) return OTHER_ROUTE
  names.add(name)
  return name
}

interface Labels {
  readonly source: string
  readonly route: string
}

interface TallyRow {
  readonly judged: number
  readonly withdrawn: number
}

function prepare(database: SqliteDatabase) {
  const tally = (table: Table) => ({
    judged: database.prepare<[number, number]>(
      `UPDATE ${table}_series SET judged = judged + ? WHERE id = ?`,
    ),
    withdrawn: database.prepare<[number, number]>(
      `UPDATE ${table}_series SET withdrawn = withdrawn + ? WHERE id = ?`,
    ),
  })
  return {
    tally: { request: tally('request'), finding: tally('finding'), failure: tally('failure') },
    requests: database.prepare<[], RequestSeries>(
      'SELECT id, source, route, api, outcome, eligible FROM request_series',
    ),
    findings: database.prepare<
      [],
      { id: number; rule: string; severity: string; confidence: string }
    >('SELECT id, rule, severity, confidence FROM finding_series'),
    failures: database.prepare<[], Labels & { id: number; target: string; result: string }>(
      'SELECT id, source, route, target, result FROM failure_series',
    ),
    addRequest: database.prepare<[Omit<RequestSeries, 'id'>], { id: number }>(
      `INSERT INTO request_series (source, route, api, outcome, eligible)
       VALUES (:source, :route, :api, :outcome, :eligible) RETURNING id`,
    ),
    addFinding: database.prepare<[VerdictFinding], { id: number }>(
      `INSERT INTO finding_series (rule, severity, confidence, title)
       VALUES (:rule, :severity, :confidence, :title) RETURNING id`,
    ),
    addFailure: database.prepare<[Labels & { target: string; result: string }], { id: number }>(
      `INSERT INTO failure_series (source, route, target, result)
       VALUES (:source, :route, :target, :result) RETURNING id`,
    ),
    requestTallies: database.prepare<[], Labels & TallyRow & { api: string; outcome: string }>(
      `SELECT source, route, api, outcome, sum(judged) AS judged, sum(withdrawn) AS withdrawn
       FROM request_series GROUP BY source, route, api, outcome`,
    ),
    failureTallies: database.prepare<
      [],
      Labels & TallyRow & { target: string; result: FirstTargetResult }
    >('SELECT source, route, target, result, judged, withdrawn FROM failure_series'),
    findingTallies: database.prepare<
      [],
      TallyRow & { rule: string; severity: string; confidence: string }
    >('SELECT rule, severity, confidence, judged, withdrawn FROM finding_series'),
  }
}
