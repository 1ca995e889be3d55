import type { ContextRecord, SpanRecord } from '../../span-record.ts'

/** Spans that will be one row: of one trace, source and context, and received together. */
export interface ChunkDraft {
  readonly traceHash: number
  readonly source: string
  readonly context: ContextRecord
  readonly receivedAtMs: number
  records: SpanRecord[]
  bytes: number
}

/** One row must not be so large that reading it alone takes long. */
export const CHUNK_SPANS_MAX = 1000
export const CHUNK_BYTES_MAX = 1024 * 1024

/** What one append adds to the counters of a source. */
export interface SourceDelta {
  stored: number
  duplicates: number
  lastReceivedMs: number
}
