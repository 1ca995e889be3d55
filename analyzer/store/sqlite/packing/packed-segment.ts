import { MalformedError } from '../../../ingest/otlp/protobuf-reader.ts'
import type { UsRange } from '../../us-range.ts'
import { refuseNewer } from '../migrate.ts'
import { openForReading, type SqliteDatabase } from '../open-database.ts'
import { COUNTERS_QUERY } from '../segments/counters.ts'
import type { HashKey } from '../segments/id-hash.ts'
import type { IdFilter } from '../segments/id-filter.ts'
import { readBirth, readFilter, readSeal } from '../segments/segment-meta.ts'
import type {
  ChunkHead,
  Counter,
  FilterName,
  LostChunk,
  Segment,
  SegmentSeal,
  StoredChunk,
} from '../segments/segment.ts'
import { StoredContexts, type ContextRow } from '../segments/stored-contexts.ts'
import type { BlockCache } from './block-cache.ts'
import { openBlock } from './block.ts'
import { PACKED_MIGRATIONS } from './packed-schema.ts'
import { decodeTracePart, type PackedChunk } from './trace-part.ts'

export function openPackedSegment(path: string, options: PackedSegmentOptions): Segment {
  const database = openForReading(path)
  try {
    refuseNewer(database, { path, migrations: PACKED_MIGRATIONS })
    // Nobody writes it any more: one lock is taken and kept, and pages that were read stay valid.
    database.pragma('locking_mode = EXCLUSIVE')
    return new PackedSegment(database, options)
  } catch (error: unknown) {
    database.close()
    throw error
  }
}

/** A packed segment: it never changes, so that what was read of it stays true. */
class PackedSegment implements Segment {
  readonly number: number
  readonly hashKey: HashKey
  readonly #database: SqliteDatabase
  readonly #statements: ReturnType<typeof prepare>
  readonly #blocks: BlockCache
  readonly #seal: SegmentSeal | undefined
  readonly #contexts: StoredContexts

  constructor(database: SqliteDatabase, { number, blocks }: PackedSegmentOptions) {
    this.#database = database
    this.#blocks = blocks
    this.#statements = prepare(database)
    this.#seal = readSeal(database)
    this.#contexts = new StoredContexts((id) => this.#statements.context.get(id))
    this.number = number
    this.hashKey = readBirth(database)?.hashKey ?? { low: 0, high: 0 }
  }

  seal(): SegmentSeal | undefined {
    return this.#seal
  }

  filter(of: FilterName): IdFilter | undefined {
    return readFilter(this.#database, of)
  }

  chunksAfter(row: number, limit: number): readonly (StoredChunk | LostChunk)[] {
    const logged = this.#statements.after.all({ row, limit })
    return logged.map(({ is_first: isFirst, ...place }) => {
      const chunk = this.#chunkAt(place)
      return isFirst === 1 && chunk.bytes !== undefined ? { ...chunk, isFirst: true } : chunk
    })
  }

  chunk(row: number): StoredChunk | LostChunk | undefined {
    const place = this.#statements.place.get({ row })
    return place === undefined ? undefined : this.#chunkAt(place)
  }

  chunksOfTrace(traceId: Buffer, limit: number): readonly (StoredChunk | LostChunk)[] {
    const chunks: (StoredChunk | LostChunk)[] = []
    for (const place of this.#statements.ofTrace.all(traceId)) {
      // Parts of several sources, and of a runaway trace, lie within each other.
      if (chunks.filter((chunk) => chunk.row < place.row).length >= limit) break
      const opened = this.#open(place)
      // Of pages SQLite believes every byte: another trace's part must not be told as this one's.
      if (opened?.[0]?.row !== place.row) chunks.push({ row: place.row, bytes: undefined })
      else chunks.push(...opened.map((chunk) => this.#toStored(chunk, place.source)))
    }
    return chunks.toSorted((left, right) => left.row - right.row).slice(0, limit)
  }

  *newestOfTrace(traceId: Buffer): Generator<StoredChunk> {
    for (const place of this.#statements.ofTrace.all(traceId).toReversed()) {
      for (const packed of this.#open(place)?.toReversed() ?? []) {
        const chunk = this.#toStored(packed, place.source)
        if (chunk.bytes !== undefined) yield chunk
      }
    }
  }

  failedIn(source: string, range: UsRange): Iterable<ChunkHead> {
    return this.#headsIn('failedIn', { source, ...range })
  }

  /** Of each part of a trace, the chunk that starts earliest. */
  startedIn(source: string, range: UsRange): Iterable<ChunkHead> {
    return this.#headsIn('startedIn', { source, ...range })
  }

  earliestOf(source: string, traceId: Buffer): readonly ChunkHead[] {
    const parts = this.#statements.earliestOf.all({ source, traceId })
    const [earliest] = parts
    const sharing = parts.filter((part) => part.atUs === earliest?.atUs)
    return sharing.flatMap((part) => {
      const chunks = this.#open(part)?.filter((chunk) => chunk.startUs === part.atUs)
      const rows = chunks?.map((chunk) => chunk.row) ?? [part.startRow]
      return rows.map((row) => ({ row, traceId: traceId.toString('hex'), atUs: part.atUs }))
    })
  }

  counters(): readonly Counter[] {
    return this.#statements.counters.all()
  }

  close(): void {
    this.#database.close()
  }

  /** Some at a time: a span that claims to have lasted for decades asks for all that there is. */
  *#headsIn(which: 'failedIn' | 'startedIn', asked: InTime): Generator<ChunkHead> {
    let last = { atUs: asked.fromUs, row: -1 }
    for (;;) {
      const heads = this.#statements[which].all({ ...asked, ...last, limit: HEADS_AT_ONCE })
      yield* heads
      last = heads.at(-1) ?? last
      if (heads.length < HEADS_AT_ONCE) return
    }
  }

  #chunkAt(place: Place): StoredChunk | LostChunk {
    const chunk = this.#open(place)?.find((each) => each.row === place.row)
    return chunk === undefined
      ? { row: place.row, bytes: undefined }
      : this.#toStored(chunk, place.source)
  }

  #toStored(
    { row, contextId, receivedMs, bytes }: PackedChunk,
    source: string,
  ): StoredChunk | LostChunk {
    const context = this.#contexts.get(contextId)
    if (context === undefined) return { row, bytes: undefined }
    return { row, source, receivedAtMs: receivedMs, context, bytes }
  }

  #open({ blockId, byteOffset }: InBlock): readonly PackedChunk[] | undefined {
    const block = this.#block(blockId)
    if (block === undefined) return undefined
    try {
      return decodeTracePart(block, byteOffset)
    } catch (error: unknown) {
      if (error instanceof MalformedError) return undefined
      throw error
    }
  }

  #block(id: number): Buffer | undefined {
    const key = `${this.number} ${id}`
    const known = this.#blocks.get(key)
    if (known !== undefined) return known
    const stored = this.#statements.block.get(id)
    const opened = stored === undefined ? undefined : openBlock(stored)
    if (opened?.kind !== 'opened') return undefined
    this.#blocks.set(key, opened.bytes)
    return opened.bytes
  }
}

export interface PackedSegmentOptions {
  readonly number: number
  /** Shared by all segments of a reader. */
  readonly blocks: BlockCache
}

interface InBlock {
  readonly blockId: number
  readonly byteOffset: number
}

/** Where a chunk is, or the first of a part. */
interface Place extends InBlock {
  readonly row: number
  readonly source: string
}

interface EarliestPart extends InBlock {
  readonly atUs: number
  readonly startRow: number
}

interface InTime extends UsRange {
  readonly source: string
}

/** Behind this one, in the order of their times. */
interface After {
  readonly atUs: number
  readonly row: number
  readonly limit: number
}

const HEADS_AT_ONCE = 500

const PLACE = 'sources.name AS source, block_id AS blockId, byte_offset AS byteOffset'
const SOURCE_ID = '(SELECT id FROM sources WHERE name = :source)'

function prepare(database: SqliteDatabase) {
  return {
    // Two tables, each read in the order of its keys and no further than the limit.
    after: database.prepare<[{ row: number; limit: number }], Place & { is_first: number }>(
      `SELECT * FROM (
         SELECT row, ${PLACE}, NOT EXISTS (
             SELECT 1 FROM parts AS earlier
             WHERE earlier.trace_id = parts.trace_id AND earlier.row < parts.row) AS is_first
         FROM parts JOIN sources ON sources.id = source_id
         WHERE row > :row ORDER BY row LIMIT :limit)
       UNION ALL
       SELECT * FROM (
         SELECT later_chunks.row, ${PLACE}, 0 AS is_first FROM later_chunks
         JOIN parts ON parts.row = part_row JOIN sources ON sources.id = source_id
         WHERE later_chunks.row > :row ORDER BY later_chunks.row LIMIT :limit)
       ORDER BY row LIMIT :limit`,
    ),
    place: database.prepare<[{ row: number }], Place>(
      `SELECT :row AS row, ${PLACE} FROM parts JOIN sources ON sources.id = source_id
       WHERE parts.row =
         coalesce((SELECT part_row FROM later_chunks WHERE row = :row), :row)`,
    ),
    ofTrace: database.prepare<[Buffer], Place>(
      `SELECT row, ${PLACE} FROM parts JOIN sources ON sources.id = source_id
       WHERE trace_id = ? ORDER BY row`,
    ),
    failedIn: database.prepare<[InTime & After], ChunkHead>(
      `SELECT failures.row, lower(hex(parts.trace_id)) AS traceId, end_us AS atUs
       FROM failures
       LEFT JOIN later_chunks ON later_chunks.row = failures.row
       JOIN parts ON parts.row = coalesce(part_row, failures.row)
       WHERE failures.source_id = ${SOURCE_ID} AND end_us BETWEEN :atUs AND :toUs
         AND (end_us, failures.row) > (:atUs, :row)
       ORDER BY end_us, failures.row LIMIT :limit`,
    ),
    startedIn: database.prepare<[InTime & After], ChunkHead>(
      `SELECT start_row AS row, lower(hex(trace_id)) AS traceId, start_us AS atUs FROM parts
       WHERE source_id = ${SOURCE_ID} AND start_us BETWEEN :atUs AND :toUs
         AND (start_us, start_row) > (:atUs, :row)
       ORDER BY start_us, start_row LIMIT :limit`,
    ),
    earliestOf: database.prepare<[{ source: string; traceId: Buffer }], EarliestPart>(
      `SELECT start_us AS atUs, start_row AS startRow, block_id AS blockId,
         byte_offset AS byteOffset
       FROM parts WHERE trace_id = :traceId AND source_id = ${SOURCE_ID} ORDER BY start_us`,
    ),
    counters: database.prepare<[], Counter>(COUNTERS_QUERY),
    context: database.prepare<[number], ContextRow>(
      'SELECT hash, bytes FROM contexts WHERE id = ?',
    ),
    block: database.prepare<[number], Buffer>('SELECT bytes FROM blocks WHERE id = ?').pluck(),
  }
}
