import type {
  RequestFilter,
  RequestPage,
  RequestPlace,
  StoredRequest,
} from '../../verdict-store.ts'
import type { SqliteDatabase } from '../open-database.ts'
import { behindPrefix, packStory, packTrace, unpackStory } from './pack-ids.ts'
import { expectedKey, type Books } from './request-book.ts'
import type { SeriesBook } from './series-book.ts'
import type { Term, TermIndex, TermKind } from './term-index.ts'
import type { WireBook } from './wire-book.ts'

/**
 * Requests that one question looks at, at most: some 100 ms where their texts must be unpacked, and
 * as much where only their names are compared.
 */
const TEXTS_READ_MAX = 10_000
const NAMES_COMPARED_MAX = 100_000
const AT_ONCE = 500

/** Everything that pages ask about single requests. */
export class RequestQueries {
  readonly #statements: ReturnType<typeof prepare>
  readonly #series: SeriesBook
  readonly #terms: TermIndex
  readonly #wires: WireBook

  constructor(
    database: SqliteDatabase,
    { series, terms, wires }: Pick<Books, 'series' | 'terms' | 'wires'>,
  ) {
    this.#statements = prepare(database)
    this.#series = series
    this.#terms = terms
    this.#wires = wires
  }

  ofTrace(traceId: string): readonly StoredRequest[] {
    const trace = packTrace(traceId)
    return [
      ...this.#statements.beginningIn.all(trace, behindPrefix(trace)),
      ...this.#statements.alsoIn.all(trace),
    ]
      .toSorted(
        (left, right) =>
          left.at_ms - right.at_ms || left.story.compare(right.story) || left.id - right.id,
      )
      .map((row) => this.#toStored(row))
  }

  withIds(ids: readonly number[]): readonly StoredRequest[] {
    return ids.flatMap((id) => {
      const row = this.#statements.byId.get(id)
      return row === undefined ? [] : [this.#toStored(row)]
    })
  }

  list(filter: RequestFilter): RequestPage {
    const { text, limit } = filter
    const beforeId = this.#keyBefore(filter)
    const wanted = this.#wantedTerms(filter)
    if (wanted === undefined) return { requests: [] }
    if (text === undefined) return this.#withTerms(wanted, { beforeId, limit })
    if (TRACE_ID_START.test(text)) {
      const found = this.#byTraceId(text.toLowerCase(), { wanted, beforeId, limit })
      if (found.length > 0) return { requests: found }
    }
    const named = this.#terms.containing(text)
    return named.length > 0
      ? this.#withAnyTerm(named, { wanted, beforeId, limit })
      : this.#containing(text, { wanted, beforeId, limit })
  }

  /** Where the page before this one ended; its last request may be gone, or judged anew. */
  #keyBefore({ before }: RequestFilter): number {
    if (before === undefined) return Number.MAX_SAFE_INTEGER
    const { atMs, storyId, source } = before
    const row = this.#statements.keysOfStory
      .all(packStory(storyId))
      .find((each) => each.at_ms === atMs && this.#sourceOf(each) === source)
    return row?.id ?? expectedKey(atMs, storyId)
  }

  /** Undefined: no request has one of them. */
  #wantedTerms({ source, outcome, route, rule }: RequestFilter): readonly Term[] | undefined {
    const wanted: [TermKind, string | undefined][] = [
      ['source', source],
      ['outcome', outcome],
      ['route', route],
      ['rule', rule],
    ]
    const terms = wanted.flatMap(([kind, value]) =>
      value === undefined ? [] : [this.#terms.find(kind, value)],
    )
    const found = terms.filter((term) => term !== undefined)
    return found.length < terms.length ? undefined : found
  }

  #withTerms(terms: readonly Term[], { beforeId, limit }: Place): RequestPage {
    const { ids, searchedTo } = this.#idsWith(terms, { beforeId, limit })
    return { requests: this.withIds(ids), ...this.#placeOf(searchedTo) }
  }

  /** Each name has its own list of requests: the newest of all of them. */
  #withAnyTerm(names: readonly Term[], { wanted, beforeId, limit }: Search): RequestPage {
    const ids = new Set<number>()
    /** Of requests before this one, not all were looked at. */
    let floor = 0
    const budget = Math.ceil(NAMES_COMPARED_MAX / names.length)
    for (const name of names) {
      const found = this.#idsWith([...wanted, name], { beforeId, limit, budget })
      for (const id of found.ids) ids.add(id)
      floor = Math.max(floor, found.searchedTo ?? 0)
    }
    const newest = [...ids].filter((id) => id >= floor).toSorted((left, right) => right - left)
    const cut = floor > 0 && newest.length < limit
    return {
      requests: this.withIds(newest.slice(0, limit)),
      ...this.#placeOf(cut ? floor : undefined),
    }
  }

  /** The newest requests that have all of these names, from the rarest one's list. */
  #idsWith(
    terms: readonly Term[],
    { beforeId, limit, budget = NAMES_COMPARED_MAX }: Place & { readonly budget?: number },
  ): FoundIds {
    const [rarest, ...others] = terms.toSorted((left, right) => left.requests - right.requests)
    if (rarest === undefined) {
      return { ids: this.#statements.newest.all(beforeId, limit).map(({ id }) => id) }
    }
    const ids: number[] = []
    let from = beforeId
    for (let looked = 0; looked < budget; looked += AT_ONCE) {
      const some = this.#terms.postings(rarest.id, { beforeId: from, limit: AT_ONCE })
      for (const id of some) {
        if (others.every((term) => this.#terms.has(term.id, id))) ids.push(id)
        if (ids.length === limit) return { ids }
      }
      if (some.length < AT_ONCE) return { ids }
      from = some.at(-1) ?? from
    }
    return { ids, searchedTo: from }
  }

  #byTraceId(text: string, { wanted, beforeId, limit }: Search): readonly StoredRequest[] {
    const begin = Buffer.from(`01${text.padEnd(32, '0')}`, 'hex')
    const end = behindPrefix(Buffer.from(`01${text.padEnd(32, 'f')}`, 'hex'))
    return [
      ...this.#statements.beginningIn.all(begin, end),
      ...this.#statements.partlyIn.all(begin, end),
    ]
      .filter(({ id }) => id < beforeId && wanted.every((term) => this.#terms.has(term.id, id)))
      .toSorted((left, right) => right.id - left.id)
      .slice(0, limit)
      .map((row) => this.#toStored(row))
  }

  /** Text that is no name, such as an error's: reads the newest requests, and says how far. */
  #containing(text: string, { wanted, beforeId, limit }: Search): RequestPage {
    const sought = JSON.stringify(text).slice(1, -1).toLowerCase()
    const requests: StoredRequest[] = []
    let from = beforeId
    for (let looked = 0; looked < TEXTS_READ_MAX; looked += AT_ONCE) {
      const { ids, searchedTo } = this.#idsWith(wanted, { beforeId: from, limit: AT_ONCE })
      for (const request of this.withIds(ids)) {
        if (request.wire.toLowerCase().includes(sought)) requests.push(request)
        if (requests.length === limit) return { requests }
      }
      from = searchedTo ?? ids.at(-1) ?? from
      if (searchedTo !== undefined) break
      if (ids.length < AT_ONCE) return { requests }
    }
    return { requests, ...this.#placeOf(from) }
  }

  #toStored(row: Row): StoredRequest {
    return { ...this.#placeAt(row), wire: this.#wires.unpack(row.wire) }
  }

  #placeAt(row: Row): RequestPlace {
    return { storyId: unpackStory(row.story), source: this.#sourceOf(row), atMs: row.at_ms }
  }

  #sourceOf({ series_id: id }: Pick<Row, 'series_id'>): string {
    return this.#series.request(id)?.source ?? ''
  }

  #placeOf(id: number | undefined): Pick<RequestPage, 'searchedTo'> {
    const row = id === undefined ? undefined : this.#statements.byId.get(id)
    return row === undefined ? {} : { searchedTo: this.#placeAt(row) }
  }
}

/** Fewer digits are a name or a number more often than an id. */
const TRACE_ID_START = /^[0-9a-f]{8,32}$/iu

interface Place {
  readonly beforeId: number
  readonly limit: number
}

interface Search extends Place {
  readonly wanted: readonly Term[]
}

interface FoundIds {
  readonly ids: readonly number[]
  /** The last that was looked at, where more could not be. */
  readonly searchedTo?: number
}

interface Row {
  readonly id: number
  readonly story: Buffer
  readonly at_ms: number
  readonly series_id: number
  readonly wire: Buffer
}

/** More requests than one trace may show, or one beginning of an id. */
const TRACE_REQUESTS_MAX = 1000
const COLUMNS = 'id, story, at_ms, series_id, wire'

/** A test looks at the plan of each. */
export const REQUEST_QUERIES = {
  byId: `SELECT ${COLUMNS} FROM requests WHERE id = ?`,
  newest: 'SELECT id FROM requests WHERE id < ? ORDER BY id DESC LIMIT ?',
  keysOfStory: 'SELECT id, at_ms, series_id FROM requests WHERE story = ?',
  beginningIn: `SELECT ${COLUMNS} FROM requests WHERE story >= ? AND story < ?
    LIMIT ${TRACE_REQUESTS_MAX}`,
  alsoIn: `SELECT ${COLUMNS} FROM further_traces JOIN requests ON requests.id = request_id
    WHERE trace = ? LIMIT ${TRACE_REQUESTS_MAX}`,
  partlyIn: `SELECT ${COLUMNS} FROM further_traces JOIN requests ON requests.id = request_id
    WHERE trace >= ? AND trace < ? LIMIT ${TRACE_REQUESTS_MAX}`,
} as const

function prepare(database: SqliteDatabase) {
  return {
    byId: database.prepare<[number], Row>(REQUEST_QUERIES.byId),
    newest: database.prepare<[number, number], { id: number }>(REQUEST_QUERIES.newest),
    keysOfStory: database.prepare<[Buffer], Omit<Row, 'story' | 'wire'>>(
      REQUEST_QUERIES.keysOfStory,
    ),
    beginningIn: database.prepare<[Buffer, Buffer], Row>(REQUEST_QUERIES.beginningIn),
    alsoIn: database.prepare<[Buffer], Row>(REQUEST_QUERIES.alsoIn),
    partlyIn: database.prepare<[Buffer, Buffer], Row>(REQUEST_QUERIES.partlyIn),
  }
}
