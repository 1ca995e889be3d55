import type { Attributes } from '../story/span.ts'

/** A resource and a scope, stripped, as OTLP writes them: field 1 `Resource`, field 2 the scope. */
export interface ContextRecord {
  readonly bytes: Buffer
  /** SHA-256 of `bytes`, hex. */
  readonly hash: string
  /** Decoded, for naming the source. */
  readonly resource: Attributes
}

/**
 * A stripped span as its own bytes, with the columns that are queried. Its context is one object
 * for all the spans of a batch that share it, and mostly across batches.
 */
export interface SpanRecord {
  /**
   * An OTLP `Span` message. Its first two fields are `trace_id` (0x0a 0x10, then bytes 2 to 17) and
   * `span_id` (0x12 0x08, then bytes 20 to 27), so that ids are compared without decoding.
   */
  readonly bytes: Buffer
  readonly context: ContextRecord
  /** Of Unix time, rounded down: a number holds it exactly until the year 2255. */
  readonly startUs: number
  readonly endUs: number
  readonly isError: boolean
}
