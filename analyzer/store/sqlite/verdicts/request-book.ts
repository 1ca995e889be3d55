import type { Verdict } from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'
import type { IncidentBook } from './incident-book.ts'
import { behindPrefix, firstTrace, packStory, packTrace } from './pack-ids.ts'
import { packWire } from './pack-wire.ts'
import type { CountedIds, SeriesBook } from './series-book.ts'
import type { Rollups } from './rollups.ts'
import type { TermIndex } from './term-index.ts'
import type { TraceTies } from './trace-ties.ts'

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
}

/** A request that is stored, as far as taking it back needs it. */
export interface StoredRow extends CountedIds {
  readonly id: number
  readonly story: Buffer
  readonly at_ms: number
  readonly terms: readonly number[]
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

  /** Those of a source that were told from this trace, or partly from it. */
  ofTrace(source: string, traceId: string): readonly StoredRow[] {
    const trace = packTrace(traceId)
    return [
      ...this.#statements.beginningIn.all(trace, behindPrefix(trace)),
      ...this.#statements.alsoIn.all(trace),
    ]
      .map(toStoredRow)
      .filter((row) => this.#books.series.request(row.series_id)?.source === source)
  }

  ofStory(storyId: string): StoredRow | undefined {
    const row = this.#statements.byStory.get(packStory(storyId))
    return row === undefined ? undefined : toStoredRow(row)
  }

  put(verdict: Verdict): CountedIds {
    const { series, terms, rollups, incidents } = this.#books
    const { storyId, atMs, occurrence, caller } = verdict
    const story = packStory(storyId)
    const id = this.#placeOf(story, atMs)
    const counted: CountedIds = {
      series_id: series.requestSeries(verdict),
      failure_id: series.failureSeries(verdict) ?? null,
      findings: verdict.findings.map((finding) => series.findingSeries(finding)),
    }
    this.#statements.insert.run({
      id,
      story,
      at_ms: atMs,
      series_id: counted.series_id,
      failure_id: counted.failure_id,
      terms: terms.add(id, verdict).join(','),
      findings: counted.findings.join(','),
      wire: packWire(verdict.wire),
    })
    for (const traceId of new Set(verdict.traceIds)) {
      const trace = packTrace(traceId)
      if (!story.subarray(0, trace.length).equals(trace)) this.#statements.addTrace.run(trace, id)
    }
    const incidentId =
      occurrence === undefined
        ? undefined
        : incidents.put({ requestId: id, occurrence, caller: caller?.slice(0, CALLER_CHARS_MAX) })
    rollups.add(contributionOf(atMs, { counted, incidentId }), 1)
    return counted
  }

  takeBack(row: StoredRow): void {
    const incidentId = this.#books.incidents.take(row.id)
    this.#books.rollups.add(contributionOf(row.at_ms, { counted: row, incidentId }), -1)
    this.#remove(row)
  }

  /** Removes the oldest, for their age: what they were counted as stays. How many there were. */
  prune(beforeMs: number, limit: number): number {
    const rows = this.#statements.oldest.all(keyOf(beforeMs), limit).map(toStoredRow)
    for (const row of rows) {
      this.#books.incidents.prune(row.id)
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

  /** A free key near its time; which one follows from the id, not from who came first. */
  #placeOf(story: Buffer, atMs: number): number {
    const id = keyOf(atMs) + spread(story)
    if (this.#statements.isTaken.get(id) === undefined) return id
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

function contributionOf(
  atMs: number,
  {
    counted,
    incidentId,
  }: { readonly counted: CountedIds; readonly incidentId: number | undefined },
) {
  return { atMs, seriesId: counted.series_id, findings: counted.findings, incidentId }
}

interface Row {
  readonly id: number
  readonly story: Buffer
  readonly at_ms: number
  readonly series_id: number
  readonly failure_id: number | null
  readonly terms: string
  readonly findings: string
}

function toStoredRow({ terms, findings, ...row }: Row): StoredRow {
  return { ...row, terms: toNumbers(terms), findings: toNumbers(findings) }
}

function toNumbers(list: string): readonly number[] {
  return list === '' ? [] : list.split(',').map(Number)
}

const COLUMNS = 'id, story, at_ms, series_id, failure_id, terms, findings'

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
    isTaken: database.prepare<[number]>('SELECT 1 FROM requests WHERE id = ?'),
    lastBefore: database.prepare<[number, number], { id: number }>(REQUEST_BOOK_QUERIES.lastBefore),
    insert: database.prepare<[Row & { readonly wire: Buffer }]>(
      `INSERT INTO requests (${COLUMNS}, wire)
       VALUES (:id, :story, :at_ms, :series_id, :failure_id, :terms, :findings, :wire)`,
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
