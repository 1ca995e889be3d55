import type { Verdict } from '../../verdict-store.ts'
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
  readonly #counts = new Map<number, number>()
  /** Not written yet: sorted, they are neighbours in the index, and many are one statement. */
  #postings: Posting[] = []
  #terms: number

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
    this.#terms = this.#statements.countTerms.get()?.count ?? 0
  }

  reload(): void {
    this.#ids.clear()
    this.#counts.clear()
    this.#postings = []
    this.#terms = this.#statements.countTerms.get()?.count ?? 0
  }

  /** The names of a request, as numbers. */
  termsOf(verdict: Verdict): readonly number[] {
    const ids = new Set<number>()
    for (const term of namesOf(verdict)) {
      const id = this.#idOf(term)
      if (id !== undefined) ids.add(id)
    }
    return [...ids]
  }

  add(requestId: number, termIds: readonly number[]): void {
    for (const termId of termIds) {
      this.#postings.push({ termId, requestId })
      this.#count(termId, 1)
    }
  }

  remove(requestId: number, termIds: readonly number[]): void {
    this.#writePostings()
    for (const termId of termIds) {
      this.#statements.removePosting.run(termId, requestId)
      this.#count(termId, -1)
    }
  }

  flush(): void {
    this.#writePostings()
    for (const [termId, count] of this.#counts) {
      // Also where it came and went within this transaction: nothing else may have it.
      if (this.#statements.count.get(count, termId)?.requests !== 0) continue
      this.#statements.removeTerm.run(termId)
      this.#terms -= 1
      this.#ids.clear()
    }
    this.#counts.clear()
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

  #count(termId: number, by: 1 | -1): void {
    this.#counts.set(termId, (this.#counts.get(termId) ?? 0) + by)
  }

  #writePostings(): void {
    const sorted = this.#postings.toSorted(
      (left, right) => left.termId - right.termId || left.requestId - right.requestId,
    )
    const whole = sorted.length - (sorted.length % POSTINGS_AT_ONCE)
    for (let at = 0; at < whole; at += POSTINGS_AT_ONCE) {
      const some = sorted.slice(at, at + POSTINGS_AT_ONCE)
      this.#statements.addPostings.run(some.flatMap((one) => [one.termId, one.requestId]))
    }
    for (const { termId, requestId } of sorted.slice(whole)) {
      this.#statements.addPosting.run(termId, requestId)
    }
    this.#postings = []
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

interface Posting {
  readonly termId: number
  readonly requestId: number
}

/** Beyond a few dozen, a statement costs no less per row. */
const POSTINGS_AT_ONCE = 64

interface NamedTerm {
  readonly kind: TermKind
  readonly value: string
}

function namesOf(verdict: Verdict): readonly NamedTerm[] {
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
    addPostings: database.prepare<[readonly number[]]>(
      `INSERT INTO postings VALUES ${Array.from({ length: POSTINGS_AT_ONCE }, () => '(?, ?)').join(', ')}`,
    ),
    addPosting: database.prepare<[number, number]>('INSERT INTO postings VALUES (?, ?)'),
    removePosting: database.prepare<[number, number]>(
      'DELETE FROM postings WHERE term_id = ? AND request_id = ?',
    ),
  }
}
