import Database from 'better-sqlite3'

import { sumOfChunk, traceIdOfChunk } from '../segments/chunk.ts'
import type { PackedChunk } from './trace-part.ts'

/** A row of a hot segment, as far as packing needs it. */
export interface HotChunk extends PackedChunk {
  /** Empty where its bytes are no spans, which only damage explains. */
  readonly traceId: Buffer
  readonly traceHash: number
  readonly sourceId: number
  readonly spans: number
}

export interface HotFailure {
  readonly sourceId: number
  readonly endUs: number
  readonly row: number
}

/** Those that stand in a segment of either form, with the same columns. */
export const CARRIED_TABLES = ['meta', 'sources', 'contexts', 'counters'] as const
export type CarriedTable = (typeof CARRIED_TABLES)[number]

const DAMAGED = { traceId: Buffer.alloc(0), bytes: Buffer.alloc(0) } as const

/** Rows read at once where they are walked: a statement must not stay open between two steps. */
const PAGE_ROWS = 1000

/** A sealed segment, read from its first row to its last. */
export class SealedRows {
  readonly #database: Database.Database
  readonly #statements: ReturnType<typeof prepare>

  constructor(file: string) {
    this.#database = new Database(file, { readonly: true })
    try {
      this.#database.pragma('query_only = ON')
      this.#database.pragma('trusted_schema = OFF')
      this.#statements = prepare(this.#database)
    } catch (error: unknown) {
      this.#database.close()
      throw error
    }
  }

  rowMax(): number {
    return this.#statements.rowMax.get()?.row ?? 0
  }

  *rows(): Generator<number, void> {
    let after = 0
    for (;;) {
      const page = this.#statements.rows.all(after, PAGE_ROWS)
      yield* page
      const last = page.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  chunk(row: number): HotChunk {
    const stored = this.#statements.chunk.get(row)
    if (stored === undefined) throw new TypeError(`chunk ${row} is not there any more`)
    const { sum, ...chunk } = stored
    // Compressed, what is damaged would get a sum of its own and look whole.
    if (sum !== sumOfChunk(chunk.bytes, chunk)) return { ...chunk, ...DAMAGED }
    return { ...chunk, traceId: Buffer.from(traceIdOfChunk(chunk.bytes) ?? '', 'hex') }
  }

  /** From this one on; some may be of another trace with the same hash. */
  rowsOfTrace({ traceHash, row }: HotChunk): readonly number[] {
    const rows = this.#statements.rowsOfTrace.all(traceHash, row)
    // A damaged index must not lose the row that is known to be there.
    return rows[0] === row ? rows : [row, ...rows.filter((other) => other !== row)]
  }

  *failures(): Generator<HotFailure, void> {
    let after: HotFailure = { sourceId: -1, endUs: 0, row: 0 }
    for (;;) {
      const page = this.#statements.failures.all({ ...after, limit: PAGE_ROWS })
      yield* page
      const last = page.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  /** In the order of the table's columns. */
  rowsOf(table: CarriedTable): IterableIterator<readonly unknown[]> {
    return this.#statements.carried[table].iterate()
  }

  close(): void {
    this.#database.close()
  }
}

function prepare(database: Database.Database) {
  const carried = (columns: string, table: CarriedTable) =>
    database.prepare<[], readonly unknown[]>(`SELECT ${columns} FROM ${table}`).raw()
  return {
    rowMax: database.prepare<[], { row: number | null }>('SELECT max(row) AS row FROM chunks'),
    rows: database
      .prepare<[number, number], number>(
        'SELECT row FROM chunks WHERE row > ? ORDER BY row LIMIT ?',
      )
      .pluck(),
    chunk: database.prepare<[number], Omit<HotChunk, 'traceId'> & { readonly sum: number }>(
      `SELECT row, trace_hash AS traceHash, source_id AS sourceId, context_id AS contextId,
         received_ms AS receivedMs, start_us AS startUs, spans, sum, bytes
       FROM chunks WHERE row = ?`,
    ),
    rowsOfTrace: database
      .prepare<[number, number], number>(
        'SELECT row FROM chunks WHERE trace_hash = ? AND row >= ? ORDER BY row',
      )
      .pluck(),
    failures: database.prepare<[HotFailure & { readonly limit: number }], HotFailure>(
      `SELECT source_id AS sourceId, end_us AS endUs, row FROM failures
       WHERE (source_id, end_us, row) > (:sourceId, :endUs, :row)
       ORDER BY source_id, end_us, row LIMIT :limit`,
    ),
    carried: {
      meta: carried('key, value', 'meta'),
      sources: carried('id, name', 'sources'),
      contexts: carried('id, hash, bytes', 'contexts'),
      counters: carried('source_id, name, value', 'counters'),
    },
  }
}
