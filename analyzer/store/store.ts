import type { TimeRange } from '../story/join-window.ts'
import type { Arrival } from '../story/settle.ts'
import type { Span } from '../story/span.ts'

/**
 * What is kept, by intent. Spans are the truth, written by one thread and read by another; verdicts
 * are derived from them, and can be thrown away and made again. No transaction spans both.
 */

/** A span as it is kept: stripped, with its source and the time at which it was received. */
export interface ReceivedSpan extends Arrival {
  readonly source: string
}

/** Held by the one thread that writes spans. */
export interface SpanWriter {
  /**
   * On disk when it returns (invariant I7). A span that is already there is not stored twice; of
   * two that differ, the one that ended later stays.
   */
  append(spans: readonly ReceivedSpan[]): void
  /** What was refused: counted, never stored. */
  countRejected(count: number): void
  /** Removes a bounded number of the oldest spans beyond the limits; whether more are to go. */
  prune(limits: SpanLimits, nowMs: number): boolean
  close(): void
}

export interface SpanLimits {
  readonly ageMsMax: number
  readonly bytesMax: number
}

/** A span and its place in the order of arrival; places are never given twice. */
export interface LoggedSpan extends Omit<ReceivedSpan, 'span'> {
  readonly position: number
  /** Undefined where what is stored cannot be read: the others still can. */
  readonly span: Span | undefined
}

/** Sees what the writer has committed, never more. */
export interface SpanReader {
  /** In order of arrival. */
  readAfter(position: number, limit: number): readonly LoggedSpan[]
  spansOf(source: string, traceId: string): readonly Arrival[]
  /** Of all sources: a trace may run through several. */
  trace(traceId: string): readonly ReceivedSpan[]
  /** Traces that hold an ERROR span which ended in the range. */
  tracesFailedIn(source: string, range: TimeRange, limit: number): readonly string[]
  /** Traces whose first span started in the range. */
  tracesStartedIn(source: string, range: TimeRange, limit: number): readonly string[]
  counts(): SpanCounts
  close(): void
}

export interface SpanCounts {
  readonly stored: number
  readonly rejected: number
  readonly sources: readonly SourceCounts[]
}

export interface SourceCounts {
  readonly name: string
  readonly spans: number
  readonly lastReceivedMs: number
}
