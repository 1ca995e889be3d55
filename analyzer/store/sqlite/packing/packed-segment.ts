import Database from 'better-sqlite3'

import { MalformedError } from '../../../ingest/protobuf-reader.ts'
import { refuseNewer } from '../migrate.ts'
import { openBlock } from './block.ts'
import type { BlockCache } from './block-cache.ts'
import { PACKED_MIGRATIONS } from './packed-schema.ts'
import { decodeTracePart, type PackedChunk } from './trace-part.ts'

/** A chunk of either form of segment. */
export interface SegmentChunk extends PackedChunk {
  readonly sourceId: number
}

/** What a damaged block held cannot be told; the rest of the segment can still be read. */
export interface LostChunk {
  readonly row: number
  readonly sourceId: number
  readonly spans: number
  readonly bytes: undefined
}

/** Microseconds, both ends included. */
export interface UsRange {
  readonly fromUs: number
  readonly toUs: number
}

/** A packed segment, which never changes. */
export class PackedSegment {
  readonly #database: Database.Database
  readonly #statements: ReturnType<typeof prepare>
  readonly #blocks: BlockCache
  readonly #path: string

  constructor(path: string, blocks: BlockCache) {
    this.#path = path
    this.#blocks = blocks
    this.#database = new Database(path, { readonly: true })
    try {
      // Nobody writes it any more: one lock is taken and kept, and what was read stays valid.
      this.#database.pragma('locking_mode = EXCLUSIVE')
      this.#database.pragma('query_only = ON')
      this.#database.pragma('trusted_schema = OFF')
      refuseNewer(this.#database, { path, migrations: PACKED_MIGRATIONS })
      this.#statements = prepare(this.#database)
    } catch (error: unknown) {
      this.#database.close()
      throw error
    }
  }

  /** In order of arrival, each as it came. */
  chunksAfter(row: number, limit: number): readonly (SegmentChunk | LostChunk)[] {
    return this.#statements.after.all({ row, limit }).map((place) => {
      const chunk = this.#open(place)?.find((each) => each.row === place.chunk_row)
      return chunk === undefined ? lost(place) : { ...chunk, sourceId: place.source_id }
    })
  }

  /** Of all sources, in order of arrival. */
  chunksOf(traceId: Buffer): readonly (SegmentChunk | LostChunk)[] {
    return this.#statements.ofTrace.all(traceId).flatMap((place) => {
      const chunks: readonly (SegmentChunk | LostChunk)[] = this.#open(place)?.map((chunk) => ({
        ...chunk,
        sourceId: place.source_id,
      })) ?? [lost(place)]
      return chunks
    })
  }

  close(): void {
    this.#database.close()
  }

  #open({ block_id: blockId, byte_offset: offset }: Place): readonly PackedChunk[] | undefined {
    const block = this.#block(blockId)
    if (block === undefined) return undefined
    try {
      return decodeTracePart(block, offset)
    } catch (error: unknown) {
      if (error instanceof MalformedError) return undefined
      throw error
    }
  }

  #block(id: number): Buffer | undefined {
    const key = `${id} ${this.#path}`
    const known = this.#blocks.get(key)
    if (known !== undefined) return known
    const stored = this.#statements.block.get(id)
    if (stored === undefined) return undefined
    const opened = openBlock(stored.bytes)
    if (opened.kind === 'damaged') return undefined
    this.#blocks.set(key, opened.bytes)
    return opened.bytes
  }
}

interface Place {
  readonly chunk_row: number
  readonly source_id: number
  readonly spans: number
  readonly block_id: number
  readonly byte_offset: number
}

function lost({ chunk_row: row, source_id: sourceId, spans }: Place): LostChunk {
  return { row, sourceId, spans, bytes: undefined }
}

const PLACE = 'source_id, spans, block_id, byte_offset'

function prepare(database: Database.Database) {
  return {
    // Two tables in the order of their keys, merged; the sum of the limits is all that is read.
    // The spans of a part that cannot be read are counted once, at its first chunk.
    after: database.prepare<[{ row: number; limit: number }], Place>(
      `SELECT * FROM (
         SELECT row AS chunk_row, ${PLACE} FROM parts WHERE row > :row ORDER BY row LIMIT :limit)
       UNION ALL
       SELECT * FROM (
         SELECT later_chunks.row AS chunk_row, source_id, 0, block_id, byte_offset
         FROM later_chunks JOIN parts ON parts.row = part_row
         WHERE later_chunks.row > :row ORDER BY later_chunks.row LIMIT :limit)
       ORDER BY chunk_row LIMIT :limit`,
    ),
    ofTrace: database.prepare<[Buffer], Place>(
      `SELECT row AS chunk_row, ${PLACE} FROM parts WHERE trace_id = ? ORDER BY row`,
    ),
    block: database.prepare<[number], { bytes: Buffer }>('SELECT bytes FROM blocks WHERE id = ?'),
  }
}
