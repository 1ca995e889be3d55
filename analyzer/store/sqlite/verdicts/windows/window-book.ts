import { toWindowOccurrence } from '../../../../incidents/window-occurrence.ts'
import type { RuledWindow } from '../../../../rules/window/judge-window.ts'
import { cellsOf, toMinute, type Cell } from '../../../../rules/window/route-minute.ts'
import { WINDOW_MINUTES, type RouteWindow } from '../../../../rules/window/window-rule.ts'
import type { TurnsOf, Verdict } from '../../../verdict-store.ts'
import type { SqliteDatabase } from '../../open-database.ts'
import type { IncidentBook } from '../incident-book.ts'
import type { Rollups } from '../rollups.ts'
import type { SeriesBook } from '../series-book.ts'
import { WindowCounts } from './window-counts.ts'
import { WindowExamples } from './window-examples.ts'
import { WindowNames, type WindowRouteName } from './window-names.ts'

export type JudgeWindow = (window: RouteWindow) => readonly RuledWindow[]

export interface WindowBookOptions {
  readonly incidents: IncidentBook
  readonly rollups: Rollups
  readonly series: SeriesBook
  readonly judge: JudgeWindow
}

/** What a request adds to the counts of its route, as it is remembered with it. */
export interface CountedCells {
  readonly window_route: number | null
  /** JSON list of `<minutes behind its own>:<key>`. */
  readonly cells: string
}

const NOTHING: CountedCells = { window_route: null, cells: '' }

/**
 * Finds what only many requests show. It holds nothing between transactions: a minute whose counts
 * change is judged anew, with those that look back on it, and what is found takes the place of what
 * was found there. So the findings are a function of the requests that are there (invariant I8).
 */
export class WindowBook {
  readonly #options: WindowBookOptions
  readonly #statements: ReturnType<typeof prepare>
  readonly #names: WindowNames
  readonly #counts: WindowCounts
  readonly #examples: WindowExamples
  readonly #deltas = new Map<number, Map<number, Map<string, number>>>()

  constructor(database: SqliteDatabase, options: WindowBookOptions) {
    this.#options = options
    this.#statements = prepare(database)
    this.#names = new WindowNames(database)
    this.#counts = new WindowCounts(database)
    this.#examples = new WindowExamples(database)
  }

  add({ source, route, atMs, picks = [] }: Verdict): CountedCells {
    if (route === undefined || picks.length === 0) return NOTHING
    const own = this.#names.route(source, route)
    if (own === undefined) return NOTHING
    const numberOf = (target: string): number | undefined => this.#names.number(own, target)
    const cells = cellsOf(picks, { atMs, numberOf })
    for (const cell of cells) this.#add(own.id, cell, 1)
    const base = toMinute(atMs)
    return {
      window_route: own.id,
      cells: JSON.stringify(cells.map(({ minute, key }) => `${minute - base}:${key}`)),
    }
  }

  takeBack({ window_route: routeId, cells, at_ms: atMs }: CountedCells & { at_ms: number }): void {
    if (routeId === null) return
    const base = toMinute(atMs)
    const texts: readonly string[] = JSON.parse(cells)
    for (const text of texts) {
      const colon = text.indexOf(':')
      const minute = base + Number(text.slice(0, colon))
      this.#add(routeId, { minute, key: text.slice(colon + 1) }, -1)
    }
  }

  /** Before the incidents and the rollups are: what is found is part of them. */
  flush(): void {
    for (const [routeId, minutes] of this.#deltas) {
      const route = this.#names.routeWithId(routeId)
      if (route !== undefined) this.#flushRoute(route, minutes)
    }
    this.#deltas.clear()
  }

  reload(): void {
    this.#deltas.clear()
    this.#names.reload()
    this.#counts.reload()
  }

  /** One bounded step, after requests of that age went; whether there may be more. */
  prune({ beforeMs, limit, turns }: PruneStep): boolean {
    const before = toMinute(beforeMs)
    const minutes = this.#counts.prune(before, limit)
    if (minutes > 0) this.#names.reload()
    const findings = this.#statements.oldest.all(before, limit)
    for (const id of findings) {
      this.#options.incidents.prune(-id, turns)
      this.#statements.remove.run(id)
    }
    const tallied = this.#statements.forgetTallied.run(before, limit).changes
    return minutes === limit || findings.length === limit || tallied === limit
  }

  /** What is older than every minute that is kept is neither counted nor taken back. */
  #add(routeId: number, { minute, key }: Cell, count: 1 | -1): void {
    if (minute < toMinute(this.#options.rollups.minutesFromMs)) return
    const minutes = this.#deltas.get(routeId) ?? new Map<number, Map<string, number>>()
    this.#deltas.set(routeId, minutes)
    const deltas = minutes.get(minute) ?? new Map<string, number>()
    minutes.set(minute, deltas)
    deltas.set(key, (deltas.get(key) ?? 0) + count)
  }

  #flushRoute(
    route: WindowRouteName,
    minutes: ReadonlyMap<number, ReadonlyMap<string, number>>,
  ): void {
    const routeId = route.id
    const toJudge = new Set<number>()
    for (const [minute, deltas] of minutes) {
      if (!this.#counts.change({ routeId, minute }, deltas)) continue
      for (const one of this.#counts.failingFrom({ routeId, minute })) toJudge.add(one)
      for (const one of this.#statements.foundIn.all(routeId, minute, minute + WINDOW_MINUTES)) {
        toJudge.add(one)
      }
    }
    for (const minute of [...toJudge].toSorted((left, right) => left - right)) {
      this.#judge(route, minute)
    }
  }

  #judge(route: WindowRouteName, minute: number): void {
    const { id: routeId, source, route: name } = route
    const nameOf = (number: number): string | undefined => this.#names.name(route, number)
    const minutes = this.#counts.windowOf({ routeId, minute }, nameOf)
    const found = this.#options.judge({ source, route: name, minutes })
    const coming = new Map(found.map((window) => [`${window.rule} ${window.target}`, window]))
    for (const row of this.#statements.found.all(routeId, minute)) {
      const window = coming.get(row.name)
      if (window !== undefined && JSON.stringify(window) === row.finding) coming.delete(row.name)
      else this.#takeBackFinding(row)
    }
    for (const [key, window] of coming) this.#put(routeId, { key, window })
  }

  #put(routeId: number, { key, window }: { key: string; window: RuledWindow }): void {
    const { incidents, rollups, series } = this.#options
    const { minute, target } = window
    const finding = JSON.stringify(window)
    const id = this.#statements.insert.get(routeId, minute, key, finding)
    if (id === undefined) return
    const number = this.#names.number({ id: routeId, source: '', route: '' }, target)
    const exampleId =
      number === undefined ? undefined : this.#examples.find({ routeId, minute, number })
    const occurrence = toWindowOccurrence(window)
    if (this.#statements.tally.run(occurrence.storyId, minute).changes === 1) {
      series.tallyWindow(window)
    }
    const incidentId = incidents.put({ requestId: -id, occurrence, caller: undefined, exampleId })
    rollups.addSighting({ incidentId, atMs: occurrence.atMs }, 1)
  }

  #takeBackFinding({ id, minute }: FoundRow): void {
    const { incidents, rollups } = this.#options
    const incidentId = incidents.take(-id)
    if (incidentId !== undefined) {
      rollups.addSighting({ incidentId, atMs: minute * MINUTE_MS }, -1)
    }
    this.#statements.remove.run(id)
  }
}

const MINUTE_MS = 60_000

interface PruneStep {
  readonly beforeMs: number
  readonly limit: number
  readonly turns: TurnsOf
}

interface FoundRow {
  readonly id: number
  readonly minute: number
  readonly name: string
  readonly finding: string
}

function prepare(database: SqliteDatabase) {
  return {
    foundIn: database
      .prepare<[number, number, number], number>(
        'SELECT minute FROM window_findings WHERE route_id = ? AND minute >= ? AND minute < ?',
      )
      .pluck(),
    found: database.prepare<[number, number], FoundRow>(
      'SELECT id, minute, name, finding FROM window_findings WHERE route_id = ? AND minute = ?',
    ),
    insert: database
      .prepare<[number, number, string, string], number>(
        `INSERT INTO window_findings (route_id, minute, name, finding) VALUES (?, ?, ?, ?)
         RETURNING id`,
      )
      .pluck(),
    remove: database.prepare<[number]>('DELETE FROM window_findings WHERE id = ?'),
    tally: database.prepare<[string, number]>(
      'INSERT OR IGNORE INTO tallied_windows VALUES (?, ?)',
    ),
    forgetTallied: database.prepare<[number, number]>(
      `DELETE FROM tallied_windows WHERE id IN
         (SELECT id FROM tallied_windows WHERE minute < ? LIMIT ?)`,
    ),
    // The newest of each incident stays as its example, as the newest request does.
    oldest: database
      .prepare<[number, number], number>(
        `SELECT id FROM window_findings WHERE minute < ? AND NOT EXISTS
           (SELECT 1 FROM occurrences JOIN incidents ON incidents.id = incident_id
            WHERE request_id = -window_findings.id AND last_seen_ms = at_ms)
         ORDER BY minute LIMIT ?`,
      )
      .pluck(),
  }
}
