import { randomFillSync } from 'node:crypto'
import Database from 'better-sqlite3'

/**
 * The table that anyone would write: a row of about 1 KB for each span, three indexes, durable.
 * Its settings were found to be the fastest: 8 KiB pages, a checkpoint every 8,000 of them, the
 * index on the trace by a hash of its id.
 */
const SCHEMA = `
  CREATE TABLE spans (
    row INTEGER PRIMARY KEY,
    trace_hash INTEGER NOT NULL,
    trace_id BLOB NOT NULL,
    span_id BLOB NOT NULL,
    name TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    is_error INTEGER NOT NULL,
    attributes BLOB NOT NULL
  );
  CREATE INDEX spans_by_trace ON spans (trace_hash);
  CREATE INDEX spans_by_start ON spans (start_us);
  CREATE INDEX spans_by_error ON spans (is_error, end_us);
`

const CHECKPOINT_PAGES = 8000

const ATTRIBUTE_BYTES = 900
const TRACE_SPANS = 8
const FAILED_TRACES = 50

export class PlainTable {
  readonly #database: Database.Database
  readonly #insert: Database.Statement<PlainRow>
  readonly #fill: Database.Transaction<(count: number, startUs: number, endUs: number) => void>
  readonly #traceId = Buffer.alloc(16)
  readonly #spanId = Buffer.alloc(8)
  readonly #attributes = randomFillSync(Buffer.alloc(ATTRIBUTE_BYTES * 64))
  #rows = 0

  constructor(file: string, checkpointPages = CHECKPOINT_PAGES) {
    this.#database = new Database(file)
    this.#database.pragma('page_size = 8192')
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('synchronous = FULL')
    this.#database.pragma(`wal_autocheckpoint = ${checkpointPages}`)
    this.#database.exec(SCHEMA)
    this.#insert = this.#database.prepare<PlainRow>(
      'INSERT INTO spans VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#fill = this.#database.transaction((count: number, startUs: number, endUs: number) => {
      for (let index = 0; index < count; index += 1) {
        this.#insertRow(Math.floor(startUs + ((endUs - startUs) * index) / count))
      }
    })
  }

  /** One commit of new rows, their times spread over the range. */
  append(count: number, startUs: number, endUs: number): void {
    this.#fill.immediate(count, startUs, endUs)
  }

  get database(): Database.Database {
    return this.#database
  }

  close(): void {
    this.#database.close()
  }

  #insertRow(startUs: number): void {
    const place = this.#rows % TRACE_SPANS
    const trace = Math.floor(this.#rows / TRACE_SPANS)
    if (place === 0) randomFillSync(this.#traceId)
    randomFillSync(this.#spanId)
    const from = (this.#rows % 64) * ATTRIBUTE_BYTES
    this.#insert.run(
      this.#traceId.readInt32LE(0),
      this.#traceId,
      this.#spanId,
      place === 0 ? 'POST /v1/chat/completions' : 'chat gpt-4.1-mini',
      startUs,
      startUs + 500_000,
      trace % FAILED_TRACES === 0 ? 1 : 0,
      this.#attributes.subarray(from, from + ATTRIBUTE_BYTES),
    )
    this.#rows += 1
  }
}

type PlainRow = [number, Buffer, Buffer, string, number, number, number, Buffer]
