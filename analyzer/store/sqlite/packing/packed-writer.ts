import { closeSync, fdatasyncSync, openSync } from 'node:fs'

import Database from 'better-sqlite3'

import { migrate } from '../migrate.ts'
import { BLOCK_BYTES, closeBlock } from './block.ts'
import type { CarriedTable, HotFailure } from './sealed-rows.ts'
import { PACKED_MIGRATIONS } from './packed-schema.ts'
import { encodeTracePart, type PackedChunk } from './trace-part.ts'

/** Large enough that a block's row wastes little of its last page. */
const PAGE_BYTES = 4096

/**
 * Written between two syncs: a few milliseconds' worth, so that a commit of spans that comes
 * meanwhile does not wait behind a whole segment.
 */
const SYNC_BYTES = 4 * 1024 * 1024

/** One trace and source, and its chunks in the order of arrival; at least one. */
export interface TracePart {
  readonly traceId: Buffer
  readonly sourceId: number
  readonly spans: number
  readonly chunks: readonly PackedChunk[]
}

/**
 * Writes a packed segment under a name of its own. Nothing of it counts before the whole is on disk
 * and renamed, so it needs neither a journal nor care at a crash.
 */
export class PackedWriter {
  readonly #database: Database.Database
  readonly #statements: ReturnType<typeof prepare>
  readonly #file: number
  #blockId = 1
  #open: Buffer[] = []
  #openBytes = 0
  #unsyncedBytes = 0
  #isClosed = false

  constructor(path: string) {
    this.#database = new Database(path)
    try {
      this.#database.pragma(`page_size = ${PAGE_BYTES}`)
      this.#database.pragma('locking_mode = EXCLUSIVE')
      // OFF is what is meant, and is silently refused by how better-sqlite3 opens a file.
      this.#database.pragma('journal_mode = MEMORY')
      this.#database.pragma('synchronous = OFF')
      migrate(this.#database, { path, migrations: PACKED_MIGRATIONS })
      this.#statements = prepare(this.#database)
      this.#database.exec('BEGIN')
      this.#file = openSync(path, 'r+')
    } catch (error: unknown) {
      this.#database.close()
      throw error
    }
  }

  /** Of the tables that stand in a segment of either form. */
  carry(table: CarriedTable, row: readonly unknown[]): void {
    this.#statements.carry[table].run(...row)
  }

  addPart({ traceId, sourceId, spans, chunks }: TracePart): void {
    const [first, ...later] = chunks
    if (first === undefined) return
    let start = first
    for (const chunk of later) if (chunk.startUs < start.startUs) start = chunk
    this.#statements.part.run({
      row: first.row,
      traceId,
      sourceId,
      startUs: start.startUs,
      startRow: start.row,
      spans,
      blockId: this.#blockId,
      byteOffset: this.#openBytes,
    })
    for (const { row } of later) this.#statements.laterChunk.run(row, first.row)
    const encoded = encodeTracePart(chunks)
    this.#open.push(encoded)
    this.#openBytes += encoded.length
    if (this.#openBytes >= BLOCK_BYTES) this.#closeBlock()
  }

  addFailure({ sourceId, endUs, row }: HotFailure): void {
    this.#statements.failure.run(sourceId, endUs, row)
  }

  /** Bounds what the next sync has to wait for; cheap where little was written. */
  settle(): void {
    if (this.#unsyncedBytes >= SYNC_BYTES) this.#sync()
  }

  /** Whole and on disk when it returns. */
  finish(): void {
    this.#closeBlock()
    this.#database.exec('COMMIT')
    this.#database.close()
    fdatasyncSync(this.#file)
  }

  /** Whatever became of it: a disk that is full must get back what an unfinished file took. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#file)
    this.#database.close()
  }

  #closeBlock(): void {
    if (this.#openBytes === 0) return
    const block = closeBlock(Buffer.concat(this.#open))
    this.#statements.block.run(this.#blockId, block)
    this.#unsyncedBytes += block.length
    this.#blockId += 1
    this.#open = []
    this.#openBytes = 0
  }

  #sync(): void {
    this.#database.exec('COMMIT')
    this.#database.exec('BEGIN')
    fdatasyncSync(this.#file)
    this.#unsyncedBytes = 0
  }
}

interface PartRow extends Omit<TracePart, 'chunks'> {
  readonly row: number
  readonly startUs: number
  readonly startRow: number
  readonly blockId: number
  readonly byteOffset: number
}

function prepare(database: Database.Database) {
  return {
    carry: {
      meta: database.prepare('INSERT INTO meta VALUES (?, ?)'),
      sources: database.prepare('INSERT INTO sources VALUES (?, ?)'),
      contexts: database.prepare('INSERT INTO contexts VALUES (?, ?, ?)'),
      counters: database.prepare('INSERT INTO counters VALUES (?, ?, ?)'),
    },
    block: database.prepare<[number, Buffer]>('INSERT INTO blocks VALUES (?, ?)'),
    part: database.prepare<[PartRow]>(
      `INSERT INTO parts VALUES
         (:row, :traceId, :sourceId, :startUs, :startRow, :spans, :blockId, :byteOffset)`,
    ),
    laterChunk: database.prepare<[number, number]>('INSERT INTO later_chunks VALUES (?, ?)'),
    failure: database.prepare<[number, number, number]>('INSERT INTO failures VALUES (?, ?, ?)'),
  }
}
