import type { UsRange } from '../../us-range.ts'
import type { HashKey } from './id-hash.ts'
import type { IdFilter } from './id-filter.ts'
import type { StoredContext } from './stored-contexts.ts'

/** One segment file, open for reading: hot or packed, the same answers from either. */
export interface Segment {
  readonly number: number
  readonly hashKey: HashKey
  /** Undefined while it is written; asks again where it was. */
  seal(): SegmentSeal | undefined
  /** Undefined where it was never kept: then anything may be in it. */
  filter(of: FilterName): IdFilter | undefined
  /** In order of arrival. */
  chunksAfter(row: number, limit: number): readonly (StoredChunk | LostChunk)[]
  chunk(row: number): StoredChunk | LostChunk | undefined
  /** In order of arrival, of all sources. */
  chunksOfTrace(traceId: Buffer, limit: number): readonly (StoredChunk | LostChunk)[]
  /** Its chunks that can be read, the newest first; read as they are asked for. */
  newestOfTrace(traceId: Buffer): Iterable<StoredChunk>
  /** Chunks with an ERROR span that ended in the range, one for each of these spans. */
  failedIn(source: string, range: UsRange): Iterable<ChunkHead>
  /** Chunks whose earliest span started in the range. */
  startedIn(source: string, range: UsRange): Iterable<ChunkHead>
  /** The chunks of a trace and source that start earliest: some may share a microsecond. */
  earliestOf(source: string, traceId: Buffer): readonly ChunkHead[]
  counters(): readonly Counter[]
  close(): void
}

export type FilterName = 'spans' | 'traces'

/** What is known of a segment once nobody writes it any more. */
export interface SegmentSeal {
  readonly sealedMs: number
  readonly lastReceivedMs: number
  readonly spans: number
  /** Undefined where there is none. */
  readonly starts: UsRange | undefined
  readonly failures: UsRange | undefined
}

export interface StoredChunk {
  readonly row: number
  readonly source: string
  readonly receivedAtMs: number
  readonly context: StoredContext
  /** Field 2 of an OTLP `ScopeSpans`, repeated. */
  readonly bytes: Buffer
  /** Certain that no chunk of its trace stands before it here; told by `chunksAfter` alone. */
  readonly isFirst?: boolean
}

/** What a damaged page or block held cannot be told; the rest of the segment can be read. */
export interface LostChunk {
  readonly row: number
  readonly bytes: undefined
}

/** As much of a chunk as is known without reading its spans. */
export interface ChunkHead {
  readonly row: number
  /** Hex. */
  readonly traceId: string
  readonly atUs: number
}

export interface Counter {
  readonly source: string
  readonly name: string
  readonly value: number
}
