import type { Verdict } from '../../verdict-store.ts'
import { CountDeltas } from './count-deltas.ts'
import type { SqliteDatabase } from '../open-database.ts'

/** `name`: of a model, a deployment, a provider, an error. */
export type TermKind = 'source' | 'route' | 'outcome' | 'caller' | 'rule' | 'name'

/**
 * Different names by which requests are looked for. One beyond is not indexed: its requests are
 * still found by their other names, and by text as far back as text is searched.
 */
const TERMS_MAX = 100_000
const NAME_CHARS_MAX = 200
/** Names of one request: what its attempts were called, and how they failed. */
const NAMES_PER_REQUEST_MAX = 24
/** Ids that are remembered; the names of most requests are a few hundred. */
const KNOWN_MAX = 20_000
/** Names that one searched text may be part of; the most frequent of them. */
const MATCHES_MAX = 50

export interface Term {
  readonly id: number
  /** How many requests have it. */
  readonly requests: number
}

/**
 * An inverted index: for each name, the requests that have it, newest first. Every writing call is
 * part of a transaction of the caller's; after one that failed, `reload`.
 */
export class TermIndex {
  readonly #statements: ReturnType<typeof prepare>
  readonly #ids = new Map<string, number>()
  readonly #counts = new CountDeltas<readonly [number]>()
  #terms: number

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
    this.#terms = this.#statements.countTerms.get()?.count ?? 0
  }

  reload(): void {
    this.#ids.clear()
    this.#counts.clear()
    this.#terms = this.#statements.countTerms.get()?.count ?? 0
  }

  add(requestId: number, verdict: Verdict): readonly number[] {
    const ids = new Set(termsOf(verdict).flatMap((term) => this.#idOf(term) ?? []))
    for (const id of ids) {
      this.#statements.addPosting.run(id, requestId)
      this.#counts.add([id], 1)
    }
    return [...ids]
  }

  remove(requestId: number, termIds: readonly number[]): void {
    for (const id of termIds) {
      this.#statements.removePosting.run(id, requestId)
      this.#counts.add([id], -1)
    }
  }

  flush(): void {
    for (const { key, count } of this.#counts.take()) {
      if (this.#statements.count.get(count, ...key)?.requests !== 0) continue
      this.#statements.removeTerm.run(...key)
      this.#terms -= 1
      this.#ids.clear()
    }
  }

  find(kind: TermKind, value: string): Term | undefined {
    return this.#statements.find.get(kind, value)
  }

  /** Names that the text is part of, whatever its case. */
  containing(text: string): readonly Term[] {
    return this.#statements.containing.all(`%${escapeLike(text)}%`, MATCHES_MAX)
  }

  /** Requests of a term before this one, newest first. */
  postings(termId: number, place: { readonly beforeId: number; readonly limit: number }) {
    return this.#statements.postings.all({ termId, ...place })
  }

  has(termId: number, requestId: number): boolean {
    return this.#statements.hasPosting.get(termId, requestId) !== undefined
  }

  #idOf({ kind, value }: NamedTerm): number | undefined {
    const key = `${kind} ${value}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#statements.find.get(kind, value)?.id ?? this.#make(kind, value)
    if (id === undefined) return undefined
    if (this.#ids.size >= KNOWN_MAX) this.#ids.clear()
    this.#ids.set(key, id)
    return id
  }

  #make(kind: TermKind, value: string): number | undefined {
    if (this.#terms >= TERMS_MAX) return undefined
    this.#terms += 1
    return this.#statements.addTerm.get(kind, value)?.id
  }
}

interface NamedTerm {
  readonly kind: TermKind
  readonly value: string
}

function termsOf(verdict: Verdict): readonly NamedTerm[] {
  const { source, route, outcome, caller, findings, names } = verdict
  return [
    named('source', source),
    named('outcome', outcome),
    ...(route === undefined ? [] : [named('route', route)]),
    ...(caller === undefined ? [] : [named('caller', caller)]),
    ...findings.map(({ rule }) => named('rule', rule)),
    ...names.slice(0, NAMES_PER_REQUEST_MAX).map((name) => named('name', name)),
  ]
}

function named(kind: TermKind, value: string): NamedTerm {
  return { kind, value: value.slice(0, NAME_CHARS_MAX) }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/gu, String.raw`\$&`)
}

/** What pages ask; a test looks at the plan of each. */
export const TERM_QUERIES = {
  find: 'SELECT id, requests FROM terms WHERE kind = ? AND value = ?',
  postings: `SELECT request_id FROM postings WHERE term_id = :termId AND request_id < :beforeId
    ORDER BY request_id DESC LIMIT :limit`,
  hasPosting: 'SELECT 1 FROM postings WHERE term_id = ? AND request_id = ?',
} as const

function prepare(database: SqliteDatabase) {
  return {
    find: database.prepare<[string, string], Term>(TERM_QUERIES.find),
    postings: database
      .prepare<
        [{ readonly termId: number; readonly beforeId: number; readonly limit: number }],
        number
      >(TERM_QUERIES.postings)
      .pluck(),
    hasPosting: database.prepare<[number, number]>(TERM_QUERIES.hasPosting),
    // Walks all names: they are few beside the requests (TERMS_MAX), and short.
    containing: database.prepare<[string, number], Term>(
      String.raw`SELECT id, requests FROM terms WHERE value LIKE ? ESCAPE '\'
       ORDER BY requests DESC, id LIMIT ?`,
    ),
    countTerms: database.prepare<[], { count: number }>('SELECT count(*) AS count FROM terms'),
    addTerm: database.prepare<[string, string], { id: number }>(
      'INSERT INTO terms (kind, value) VALUES (?, ?) RETURNING id',
    ),
    removeTerm: database.prepare<[number]>('DELETE FROM terms WHERE id = ?'),
    count: database.prepare<[number, number], { requests: number }>(
      'UPDATE terms SET requests = requests + ? WHERE id = ? RETURNING requests',
    ),
    addPosting: database.prepare<[number, number]>('INSERT INTO postings VALUES (?, ?)'),
    removePosting: database.prepare<[number, number]>(
      'DELETE FROM postings WHERE term_id = ? AND request_id = ?',
    ),
  }
}
