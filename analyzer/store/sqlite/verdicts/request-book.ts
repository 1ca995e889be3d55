import type { Judgement, TurnsOf, Verdict } from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'
import type { IncidentBook } from './incident-book.ts'
import { behindPrefix, firstTrace, packStory, packTrace } from './pack-ids.ts'
import type { CountedIds, SeriesBook } from './series-book.ts'
import type { Rollups } from './rollups.ts'
import type { CountedCells, WindowBook } from './windows/window-book.ts'
import type { TermIndex } from './term-index.ts'
import type { TraceTies } from './trace-ties.ts'
import type { WireBook } from './wire-book.ts'

/** Places of one millisecond in the key of requests. */
const PLACES = 1024
/** Until the year 2248; a later time shares its places with the last. */
const KEY_MS_MAX = 2 ** 43 - 1
/** Milliseconds that have no place left, remembered so that they are not tried again. */
const FULL_MAX = 10_000

/** What is counted and indexed along with each request. */
export interface Books {
  readonly series: SeriesBook
  readonly terms: TermIndex
  readonly rollups: Rollups
  readonly incidents: IncidentBook
  readonly ties: TraceTies
  readonly wires: WireBook
  readonly windows: WindowBook
}

/** A request that is stored, as far as taking it back needs it. */
export interface StoredRow extends CountedIds, CountedCells {
  readonly id: number
  readonly story: Buffer
  readonly at_ms: number
  readonly terms: readonly number[]
  /** 1: it is part of rollups that an earlier derivation made. */
  readonly counted_before: number
}

/**
 * The rows of requests, and everything that hangs on them. A request is never changed: it is taken
 * back whole and put anew, so that each count gets exactly what it had.
 */
export class RequestBook {
  readonly #statements: ReturnType<typeof prepare>
  readonly #books: Books
  readonly #full = new Map<number, number>()

  constructor(database: SqliteDatabase, books: Books) {
    this.#statements = prepare(database)
    this.#books = books
  }

  /**
   * What a judgement takes the place of: requests of its source that were told from its traces, or
   * partly from them, and those that it tells itself.
   */
  replacedBy({ source, traceIds, verdicts }: Judgement): readonly StoredRow[] {
    const rows = new Map<number, Row>()
    const take = (found: readonly Row[]): void => {
      for (const row of found) {
        if (this.#books.series.request(row.series_id)?.source === source) rows.set(row.id, row)
      }
    }
    const { beginningIn, alsoIn, byStory } = this.#statements
    const traces = traceIds.map(packTrace)
    for (const trace of traces) {
      take(beginningIn.all(trace, behindPrefix(trace)))
      take(alsoIn.all(trace))
    }
    for (const { storyId } of verdicts) {
      const story = packStory(storyId)
      if (!traces.some((trace) => beginsWith(story, trace))) take(byStory.all(story))
    }
    return [...rows.values()].map(toStoredRow)
  }

  /** `again`: it was judged by an earlier derivation. */
  put(verdict: Verdict, { again }: { readonly again: boolean }): CountedIds {
    const { series, terms, rollups, incidents, wires } = this.#books
    const { storyId, atMs, occurrence, caller, outcome } = verdict
    const story = packStory(storyId)
    const counted: CountedIds = {
      series_id: series.requestSeries(verdict),
      failure_id: series.failureSeries(verdict) ?? null,
      findings: verdict.findings.map((finding) => series.findingSeries(finding)),
    }
    const termIds = terms.termsOf(verdict)
    const cells = this.#books.windows.add(verdict)
    const countedBefore = again && rollups.isOfBefore(atMs)
    const id = this.#insert({
      id: keyOf(atMs) + spread(story),
      story,
      at_ms: atMs,
      series_id: counted.series_id,
      failure_id: counted.failure_id,
      terms: termIds.join(','),
      findings: counted.findings.join(','),
      counted_before: countedBefore ? 1 : 0,
      ...cells,
      wire: wires.pack(verdict.wire, outcome === 'ok' && verdict.findings.length === 0),
    })
    terms.add(id, termIds)
    for (const traceId of new Set(verdict.traceIds)) {
      const trace = packTrace(traceId)
      if (!beginsWith(story, trace)) this.#statements.addTrace.run(trace, id)
    }
    const incidentId =
      occurrence === undefined
        ? undefined
        : incidents.put({ requestId: id, occurrence, caller: caller?.slice(0, CALLER_CHARS_MAX) })
    rollups.add(contributionOf(atMs, { counted, incidentId, countedBefore }), 1)
    return counted
  }

  takeBack(row: StoredRow): void {
    const incidentId = this.#books.incidents.take(row.id)
    const countedBefore = row.counted_before === 1
    const counted = { counted: row, incidentId, countedBefore }
    this.#books.rollups.add(contributionOf(row.at_ms, counted), -1)
    this.#books.windows.takeBack(row)
    this.#remove(row)
  }

  /** Removes the oldest, for their age: what they were counted as stays. How many there were. */
  prune(
    beforeMs: number,
    { limit, turns }: { readonly limit: number; readonly turns: TurnsOf },
  ): number {
    const rows = this.#statements.oldest.all(keyOf(beforeMs), limit).map(toStoredRow)
    for (const row of rows) {
      this.#books.incidents.prune(row.id, turns)
      const source = this.#books.series.request(row.series_id)?.source ?? ''
      this.#books.ties.forget(source, this.#tracesOf(row))
      this.#remove(row)
    }
    return rows.length
  }

  #tracesOf({ id, story }: StoredRow): readonly Buffer[] {
    return [firstTrace(story), ...this.#statements.tracesOf.all(id)]
  }

  #remove({ id, terms }: StoredRow): void {
    this.#books.terms.remove(id, terms)
    this.#statements.removeTraces.run(id)
    this.#statements.remove.run(id)
  }

  /** Under its own key, which follows from its id and not from who came first, or near to it. */
  #insert(row: Row & { readonly wire: Buffer }): number {
    if (this.#statements.insert.run(row).changes === 1) return row.id
    const id = this.#freeFrom(row.at_ms)
    this.#statements.insert.run({ ...row, id })
    return id
  }

  #freeFrom(atMs: number): number {
    for (let ms = Math.min(atMs, KEY_MS_MAX); ; ms = this.#full.get(ms) ?? ms + 1) {
      const end = (ms + 1) * PLACES
      const last = this.#statements.lastBefore.get(end, ms * PLACES)?.id
      if (last === undefined) return ms * PLACES
      if (last + 1 < end) return last + 1
      if (this.#full.size >= FULL_MAX) this.#full.clear()
      this.#full.set(ms, this.#full.get(ms + 1) ?? ms + 1)
    }
  }
}

/** The key of the first request that can have been at this time. */
export function keyOf(atMs: number): number {
  return Math.max(0, Math.min(Math.floor(atMs), KEY_MS_MAX)) * PLACES
}

/** The key that a request has unless another took it first. */
export function expectedKey(atMs: number, storyId: string): number {
  return keyOf(atMs) + spread(packStory(storyId))
}

const CALLER_CHARS_MAX = 200

/** Ten bits of the id's bytes (FNV-1a): ids are random, but not all bytes of all of them. */
function spread(story: Buffer): number {
  let hash = 0x811c9dc5
  for (const byte of story) hash = Math.imul(hash ^ byte, 0x01000193)
  return ((hash >>> 16) ^ hash) & (PLACES - 1)
}

/** Whether the first attempt of this request is in this trace. */
function beginsWith(story: Buffer, trace: Buffer): boolean {
  return trace.compare(story, 0, Math.min(trace.length, story.length)) === 0
}

interface Counted {
  readonly counted: CountedIds
  readonly incidentId: number | undefined
  readonly countedBefore: boolean
}

function contributionOf(atMs: number, { counted, ...rest }: Counted) {
  return { atMs, seriesId: counted.series_id, findings: counted.findings, ...rest }
}

interface Row extends CountedCells {
  readonly id: number
  readonly story: Buffer
  readonly at_ms: number
  readonly series_id: number
  readonly failure_id: number | null
  readonly terms: string
  readonly findings: string
  readonly counted_before: number
}

function toStoredRow({ terms, findings, ...row }: Row): StoredRow {
  return { ...row, terms: toNumbers(terms), findings: toNumbers(findings) }
}

function toNumbers(list: string): readonly number[] {
  return list === '' ? [] : list.split(',').map(Number)
}

const COLUMNS =
  'id, story, at_ms, series_id, failure_id, terms, findings, counted_before, window_route, cells'

/** What judging and pruning ask; a test looks at the plan of each. */
export const REQUEST_BOOK_QUERIES = {
  byStory: `SELECT ${COLUMNS} FROM requests WHERE story = ?`,
  beginningIn: `SELECT ${COLUMNS} FROM requests WHERE story >= ? AND story < ?`,
  alsoIn: `SELECT ${COLUMNS} FROM further_traces JOIN requests ON requests.id = request_id
    WHERE trace = ?`,
  lastBefore: 'SELECT id FROM requests WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1',
  oldest: `SELECT ${COLUMNS} FROM requests
    WHERE id < ? AND NOT EXISTS (SELECT 1 FROM incidents WHERE newest_id = requests.id)
    ORDER BY id LIMIT ?`,
} as const

function prepare(database: SqliteDatabase) {
  return {
    byStory: database.prepare<[Buffer], Row>(REQUEST_BOOK_QUERIES.byStory),
    beginningIn: database.prepare<[Buffer, Buffer], Row>(REQUEST_BOOK_QUERIES.beginningIn),
    alsoIn: database.prepare<[Buffer], Row>(REQUEST_BOOK_QUERIES.alsoIn),
    lastBefore: database.prepare<[number, number], { id: number }>(REQUEST_BOOK_QUERIES.lastBefore),
    insert: database.prepare<[Row & { readonly wire: Buffer }]>(
      `INSERT INTO requests (${COLUMNS}, wire)
       VALUES (:id, :story, :at_ms, :series_id, :failure_id, :terms, :findings, :counted_before,
         :window_route, :cells, :wire)
       ON CONFLICT (id) DO NOTHING`,
    ),
    addTrace: database.prepare<[Buffer, number]>('INSERT INTO further_traces VALUES (?, ?)'),
    tracesOf: database
      .prepare<[number], Buffer>('SELECT trace FROM further_traces WHERE request_id = ?')
      .pluck(),
    removeTraces: database.prepare<[number]>('DELETE FROM further_traces WHERE request_id = ?'),
    remove: database.prepare<[number]>('DELETE FROM requests WHERE id = ?'),
    oldest: database.prepare<[number, number], Row>(REQUEST_BOOK_QUERIES.oldest),
  }
}
