import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'

import { AnalyzerError } from '../../../errors.ts'
import type { ContextRecord } from '../../span-record.ts'
import type { Tally } from '../../store.ts'
import { openForWriting, type SqliteDatabase } from '../open-database.ts'
import { ChunkEncoder, splitChunk, sumOfChunk } from './chunk.ts'
import type { ChunkDraft, SourceDelta } from './chunk-draft.ts'
import { COUNTERS, rejectedCounter, STORE_ITSELF, TAKEN_OVER } from './counters.ts'
import { HOT_MIGRATIONS, HOT_PAGE_BYTES } from './hot-schema.ts'
import { IdFilter } from './id-filter.ts'
import { IdHash, type HashKey } from './id-hash.ts'
import { prepareOpen, type OpenStatements } from './open-statements.ts'
import type { RecentSegment } from './recent-segments.ts'
import { SealFacts } from './seal-facts.ts'
import {
  expectNoChunks,
  readBirth,
  writeBirth,
  writeSeal,
  type SegmentBirth,
} from './segment-meta.ts'
import type { Counter } from './segment.ts'
import { hasIds } from './stored-ids.ts'

/** So many spans fit into the filter of a segment before it says "perhaps" too often. */
export const SEGMENT_SPANS_MAX = 1_000_000

/** From its first span on, one is written for no longer. */
export const SEGMENT_MS_MAX = 24 * 3_600_000

/**
 * In the log before it is copied back while nobody waits: 4 ms, some fourteen times a second at 20k
 * spans/s. Left to the commits it would be done by one of them, which holds up its senders.
 */
const TIDY_LOG_BYTES = 2 * 1024 * 1024

/** What a new segment takes over from the newest one that can be read. */
export interface Inheritance {
  readonly nowMs: number
  /** The same for all, so that an id is hashed once however many segments are asked. */
  readonly hashKey: HashKey | undefined
  readonly counters: readonly Counter[]
}

export interface Written {
  readonly chunks: readonly ChunkDraft[]
  readonly deltas: ReadonlyMap<string, SourceDelta>
  readonly tallies: readonly Tally[]
  /** How far the file of an older release was taken over with this. */
  readonly takenOver?: number
}

/** The segment that is written, at its writer's end. */
export class OpenSegment {
  readonly number: number
  readonly path: string
  readonly birth: SegmentBirth
  /** Of `birth.hashKey`. */
  readonly hash: IdHash
  readonly filter = IdFilter.for(SEGMENT_SPANS_MAX)
  readonly #database: SqliteDatabase
  readonly #inode: number
  readonly #statements: OpenStatements
  readonly #write: (written: Written) => void
  readonly #encoder = new ChunkEncoder()
  readonly #sourceIds = new Map<string, number>()
  #contextIds = new WeakMap<ContextRecord, number>()
  readonly #facts: SealFacts
  #isSealed = false

  constructor(file: { readonly number: number; readonly path: string }, inherited: Inheritance) {
    this.number = file.number
    this.path = file.path
    this.#database = openForWriting(file.path, HOT_MIGRATIONS, {
      pageBytes: HOT_PAGE_BYTES,
      shrinks: false,
    })
    try {
      this.#inode = statSync(file.path).ino
      this.#statements = prepareOpen(this.#database)
      const birth = readBirth(this.#database)
      if (birth === undefined) expectNoChunks(this.#database, file.path)
      this.birth = birth ?? this.#begin(inherited)
      this.hash = new IdHash(this.birth.hashKey)
      this.#facts = new SealFacts(this.hash, SEGMENT_SPANS_MAX)
      this.#readAll()
    } catch (error: unknown) {
      this.#database.close()
      throw error
    }
    const write = this.#database.transaction((written: Written) => this.#writeAll(written))
    this.#write = (written) => write.immediate(written)
  }

  get spans(): number {
    return this.#facts.spans
  }

  /** As large as the file will be once its log is copied back. */
  bytes(): number {
    return (this.#statements.pageCount.get() ?? 0) * HOT_PAGE_BYTES
  }

  /** Of the last chunk; 0 where there is none. */
  get rowMax(): number {
    return this.#statements.rowMax.get() ?? 0
  }

  /** Nothing may be written to it any more. */
  get isSealed(): boolean {
    return this.#isSealed
  }

  /** How far the file of an older release was taken over; 0 where there is none. */
  takenOver(): number {
    return this.#statements.takenOver.get() ?? 0
  }

  /** On disk when it returns; all of it or nothing. */
  write(written: Written): void {
    this.#expectInPlace()
    try {
      this.#write(written)
    } catch (error: unknown) {
      // Rows that these ids name were rolled back with the rest.
      this.#sourceIds.clear()
      this.#contextIds = new WeakMap()
      throw error
    }
    for (const chunk of written.chunks) this.#facts.addChunk(chunk)
  }

  /** Copies the log back, as far as no reader stands in it, where it is worth it. */
  tidyUp(): void {
    const { log, checkpointed } = this.#statements.logSize.get() ?? { log: 0, checkpointed: 0 }
    if ((log - checkpointed) * HOT_PAGE_BYTES < TIDY_LOG_BYTES) return
    this.#database.pragma('wal_checkpoint(PASSIVE)')
  }

  /** The last thing that is ever written to it. */
  seal(nowMs: number): RecentSegment {
    const { traces, ...facts } = this.#facts.toSeal()
    const spans = this.filter.foldedFor(facts.spans)
    const seal = this.#database.transaction(() => {
      writeSeal(this.#database, {
        ...facts,
        sealedMs: nowMs,
        filters: { spans, traces },
      })
    })
    seal.immediate()
    this.#isSealed = true
    // A reader may hold a part of it back: then the log stays, and is read like the rest.
    this.#database.pragma('wal_checkpoint(TRUNCATE)')
    const { hashKey } = this.birth
    return { number: this.number, hashKey, lastReceivedMs: facts.lastReceivedMs, spans, traces }
  }

  close(): void {
    this.#database.close()
  }

  /**
   * SQLite goes on writing to a file that somebody has removed, and nobody would ever read it: that
   * must not be acknowledged.
   */
  #expectInPlace(): void {
    if (statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode) return
    throw new AnalyzerError('ANALYZER_DATA_UNWRITABLE', {
      message: `${this.path} was removed or replaced while it was written`,
      hint: 'Restore the data folder, or leave it empty, and start the analyzer again.',
    })
  }

  #begin({ nowMs, hashKey, counters }: Inheritance): SegmentBirth {
    const birth = { createdMs: nowMs, hashKey: hashKey ?? randomKey() }
    const begin = this.#database.transaction(() => {
      writeBirth(this.#database, birth)
      for (const { source, name, value } of counters) {
        this.#statements.count.run(this.#sourceId(source), name, value)
      }
    })
    begin.immediate()
    return birth
  }

  /** What only memory knew before a restart. Finds damage, for it reads every row. */
  #readAll(): void {
    const { traceHashes, starts, failures, all } = this.#statements
    for (const traceHash of traceHashes.all()) this.#facts.addTrace(traceHash)
    this.#facts.addTimes({ starts: starts.get(), failures: failures.get() })
    for (const { received_ms: receivedAtMs, spans, bytes } of all.iterate()) {
      this.#facts.addReceived(spans, receivedAtMs)
      for (const span of splitChunk(bytes).spans) {
        if (!hasIds(span)) continue
        this.hash.ofSpan(span)
        this.filter.add(this.hash)
      }
    }
  }

  #writeAll({ chunks, deltas, tallies, takenOver }: Written): void {
    for (const chunk of chunks) this.#writeChunk(chunk)
    const { count, latest, set } = this.#statements
    if (takenOver !== undefined) set.run(this.#sourceId(STORE_ITSELF), TAKEN_OVER, takenOver)
    for (const [source, { stored, duplicates, lastReceivedMs }] of deltas) {
      const id = this.#sourceId(source)
      if (stored > 0) count.run(id, COUNTERS.stored, stored)
      if (duplicates > 0) count.run(id, COUNTERS.duplicates, duplicates)
      latest.run(id, COUNTERS.lastReceivedMs, lastReceivedMs)
    }
    for (const { source, result, reason, count: counted } of tallies) {
      const name = result === 'shed' ? COUNTERS.shed : rejectedCounter(reason)
      if (counted > 0) count.run(this.#sourceId(source), name, counted)
    }
  }

  #writeChunk({ traceHash, source, context, receivedAtMs, records }: ChunkDraft): void {
    const sourceId = this.#sourceId(source)
    const contextId = this.#contextId(context)
    const bytes = this.#encoder.encode(records)
    let startUs = Infinity
    for (const record of records) startUs = Math.min(startUs, record.startUs)
    const { lastInsertRowid: row } = this.#statements.insert.run(
      traceHash,
      sourceId,
      contextId,
      receivedAtMs,
      startUs,
      records.length,
      sumOfChunk(bytes, { sourceId, contextId, receivedMs: receivedAtMs }),
      bytes,
    )
    for (const { isError, endUs } of records) {
      if (isError) this.#statements.fail.run(sourceId, endUs, Number(row))
    }
  }

  #sourceId(name: string): number {
    const known = this.#sourceIds.get(name)
    if (known !== undefined) return known
    this.#statements.insertSource.run(name)
    const id = this.#statements.findSource.get(name) ?? 0
    this.#sourceIds.set(name, id)
    return id
  }

  #contextId(context: ContextRecord): number {
    const known = this.#contextIds.get(context)
    if (known !== undefined) return known
    this.#statements.insertContext.run(context.hash, context.bytes)
    const id = this.#statements.findContext.get(context.hash) ?? 0
    this.#contextIds.set(context, id)
    return id
  }
}

function randomKey(): HashKey {
  const bytes = randomBytes(8)
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) }
}
