import type { UsRange } from '../../us-range.ts'
import { refuseNewer } from '../migrate.ts'
import { isDamage, openForReading, orDamaged, type SqliteDatabase } from '../open-database.ts'
import { sumOfChunk, traceIdOfChunk } from './chunk.ts'
import { HOT_MIGRATIONS } from './hot-schema.ts'
import { prepareHot, type ChunkRow, type HeadRow, type HotStatements } from './hot-statements.ts'
import { IdHash, type HashKey } from './id-hash.ts'
import type { IdFilter } from './id-filter.ts'
import { expectNoChunks, readBirth, readFilter, readSeal } from './segment-meta.ts'
import type {
  ChunkHead,
  Counter,
  FilterName,
  LostChunk,
  Segment,
  SegmentSeal,
  StoredChunk,
} from './segment.ts'
import { StoredContexts } from './stored-contexts.ts'

/** Read at once where heads are walked: a statement must not stay open between two steps. */
const HEADS_AT_ONCE = 500

/** Rows that are tried one by one behind a damaged page before the rest is given up. */
const DAMAGED_ROWS_MAX = 100_000

/** Undefined where the file was begun, but nothing of it is there yet. */
export function openHotSegment(number: number, path: string): Segment | undefined {
  return open(number, path, (database) => {
    refuseNewer(database, { path, migrations: HOT_MIGRATIONS })
    const birth = readBirth(database)
    if (birth === undefined) expectNoChunks(database, path)
    return birth?.hashKey
  })
}

/** To be read from its first row to its last: what finds a trace in it may be gone. */
export function openHotToRestore(number: number, path: string): Segment | undefined {
  return open(number, path, () => ({ low: 0, high: 0 }))
}

function open(
  number: number,
  path: string,
  hashKeyOf: (database: SqliteDatabase) => HashKey | undefined,
): Segment | undefined {
  const database = openForReading(path)
  try {
    const segment = orDamaged(path, () => {
      const version: unknown = database.pragma('user_version', { simple: true })
      const hashKey = version === 0 ? undefined : hashKeyOf(database)
      return hashKey && new HotSegment(number, { database, hashKey })
    })
    if (segment !== undefined) return segment
  } catch (error: unknown) {
    database.close()
    throw error
  }
  database.close()
  return undefined
}

class HotSegment implements Segment {
  readonly number: number
  readonly hashKey: HashKey
  readonly #database: SqliteDatabase
  readonly #statements: HotStatements
  readonly #hash: IdHash
  readonly #sources = new Map<number, string>()
  readonly #contexts: StoredContexts
  #seal: SegmentSeal | undefined

  constructor(
    number: number,
    { database, hashKey }: { readonly database: SqliteDatabase; readonly hashKey: HashKey },
  ) {
    this.number = number
    this.hashKey = hashKey
    this.#database = database
    this.#statements = prepareHot(database)
    this.#hash = new IdHash(hashKey)
    this.#contexts = new StoredContexts((id) => this.#statements.context.get(id))
  }

  seal(): SegmentSeal | undefined {
    this.#seal ??= readSeal(this.#database)
    return this.#seal
  }

  filter(of: FilterName): IdFilter | undefined {
    return readFilter(this.#database, of)
  }

  chunksAfter(row: number, limit: number): readonly (StoredChunk | LostChunk)[] {
    try {
      return this.#statements.logged.all(row, limit).map((each) => this.#toChunk(each))
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      return this.#chunksWithoutIndex(row, limit)
    }
  }

  chunk(row: number): StoredChunk | LostChunk | undefined {
    try {
      const stored = this.#statements.chunk.get(row)
      return stored === undefined ? undefined : this.#toChunk(stored)
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      return { row, bytes: undefined }
    }
  }

  chunksOfTrace(traceId: Buffer, limit: number): readonly (StoredChunk | LostChunk)[] {
    const hex = traceId.toString('hex')
    return this.#chunksWithHash(this.#hash.ofTrace(traceId, 0), limit).filter(
      ({ bytes }) => bytes === undefined || traceIdOfChunk(bytes) === hex,
    )
  }

  *newestOfTrace(traceId: Buffer): Generator<StoredChunk> {
    const hex = traceId.toString('hex')
    const hash = this.#hash.ofTrace(traceId, 0)
    let before = Number.MAX_SAFE_INTEGER
    for (;;) {
      const rows = this.#statements.newestOfTrace.all(hash, before, HEADS_AT_ONCE)
      for (const row of rows) {
        const chunk = this.chunk(row)
        if (chunk?.bytes !== undefined && traceIdOfChunk(chunk.bytes) === hex) yield chunk
      }
      before = rows.at(-1) ?? before
      if (rows.length < HEADS_AT_ONCE) return
    }
  }

  failedIn(source: string, range: UsRange): Iterable<ChunkHead> {
    return this.#headsIn('failed', source, range)
  }

  startedIn(source: string, range: UsRange): Iterable<ChunkHead> {
    return this.#headsIn('started', source, range)
  }

  earliestOf(source: string, traceId: Buffer): readonly ChunkHead[] {
    const id = this.#statements.sourceId.get(source)
    if (id === undefined) return []
    const hex = traceId.toString('hex')
    const hash = this.#hash.ofTrace(traceId, 0)
    const own: ChunkHead[] = []
    // As far as is needed: another trace may have this hash.
    for (const row of this.#statements.startsOfTrace.iterate(hash, id)) {
      if (own[0] !== undefined && row.at_us !== own[0].atUs) break
      own.push(...toHead(row).filter((head) => head.traceId === hex))
    }
    return own
  }

  counters(): readonly Counter[] {
    return this.#statements.counters.all()
  }

  close(): void {
    this.#database.close()
  }

  *#headsIn(
    which: 'failed' | 'started',
    source: string,
    { fromUs, toUs }: UsRange,
  ): Generator<ChunkHead> {
    const id = this.#statements.sourceId.get(source)
    if (id === undefined) return
    let last = { at_us: fromUs, row: -1 }
    for (;;) {
      const rows = this.#statements[which].all(id, last.at_us, last.row, toUs, HEADS_AT_ONCE)
      yield* rows.flatMap(toHead)
      last = rows.at(-1) ?? last
      if (rows.length < HEADS_AT_ONCE) return
    }
  }

  #chunksWithoutIndex(row: number, limit: number): readonly (StoredChunk | LostChunk)[] {
    try {
      return this.#statements.after.all(row, limit).map((each) => this.#toChunk(each))
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      return this.#aroundDamage(row, limit)
    }
  }

  /** A damaged page must not hide the rows on the others: they are asked for one by one. */
  #aroundDamage(after: number, limit: number): readonly (StoredChunk | LostChunk)[] {
    const found: (StoredChunk | LostChunk)[] = []
    const last = this.#lastRow()
    for (let row = after + 1; row <= last && found.length < limit; row += 1) {
      if (row - after > DAMAGED_ROWS_MAX) break
      const chunk = this.chunk(row)
      if (chunk !== undefined) found.push(chunk)
    }
    return found
  }

  /** One by one only where one of them cannot be read. */
  #chunksWithHash(hash: number, limit: number): readonly (StoredChunk | LostChunk)[] {
    try {
      return this.#statements.ofTrace.all(hash, limit).map((each) => this.#toChunk(each))
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      return this.#rowsOfTrace(hash, limit).flatMap((row) => this.chunk(row) ?? [])
    }
  }

  /** Where the index is damaged the rows themselves may not be. */
  #rowsOfTrace(hash: number, limit: number): readonly number[] {
    try {
      return this.#statements.rowsOfTrace.all(hash, limit)
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      return this.#statements.rowsOfTraceByWalking.all(hash, limit)
    }
  }

  /** By the index, for the end of the table itself may be what is damaged. */
  #lastRow(): number {
    try {
      return this.#statements.lastIndexed.get() ?? 0
    } catch (error: unknown) {
      if (!isDamage(error)) throw error
      return this.#statements.lastRow.get() ?? 0
    }
  }

  #toChunk(row: ChunkRow): StoredChunk | LostChunk {
    const { source_id: sourceId, context_id: contextId, received_ms: receivedMs } = row
    const context = this.#contexts.get(contextId)
    // SQLite believes every byte of a page that it can read.
    const isWhole =
      hasItsTypes(row) && row.sum === sumOfChunk(row.bytes, { sourceId, contextId, receivedMs })
    if (!isWhole || context === undefined) return { row: row.row, bytes: undefined }
    return {
      row: row.row,
      source: this.#source(row.source_id),
      receivedAtMs: row.received_ms,
      context,
      bytes: row.bytes,
      ...(row.is_first === 1 && { isFirst: true }),
    }
  }

  #source(id: number): string {
    let name = this.#sources.get(id)
    if (name === undefined) {
      name = this.#statements.source.get(id) ?? ''
      this.#sources.set(id, name)
    }
    return name
  }
}

/** Not even the types of its columns are certain on a damaged page. */
function hasItsTypes({ source_id: source, context_id: context, received_ms: ms, bytes }: ChunkRow) {
  return isId(source) && isId(context) && typeof ms === 'number' && Buffer.isBuffer(bytes)
}

function isId(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
}

/** None where the bytes are damaged: the others can be told. */
function toHead({ row, at_us: atUs, head }: HeadRow): readonly ChunkHead[] {
  const traceId = traceIdOfChunk(head)
  return traceId === undefined ? [] : [{ row, traceId, atUs }]
}
