import type { Arrival } from '../story/settle.ts'
import type { Span, SpanHead } from '../story/span.ts'
import type { ActStore } from './act-store.ts'
import type { RetentionClock } from './retention-clock.ts'
import type { SpanRecord } from './span-record.ts'
import type { UsRange } from './us-range.ts'
import type { RenewableVerdicts, VerdictOptions } from './verdict-store.ts'

/**
 * What is kept, by intent. Spans are the truth, written by one thread and read by others; verdicts
 * are derived from them, and can be thrown away and made again. No transaction spans both.
 */
export interface Store {
  /** For the one thread that appends. Settles what a crash, or an older release, left behind. */
  openWriter(): SpanWriter
  openReader(): SpanReader
  /** For the one thread that judges. */
  openVerdicts(options?: VerdictOptions): RenewableVerdicts
  /** For the same thread; throws only for the file of a newer release. */
  openActs(knownUpTo: number): ActStore
  /** For the one thread that keeps within limits what is stored. */
  openKeeper(): SpanKeeper
  /** For whoever deletes what is old. */
  openRetentionClock(): RetentionClock
  /** For whoever does not judge, and asks how far spans are judged. */
  openWatermark(): Watermark
  /** Whether it passes, or someone must see to it: disk, memory, locks. Never what was given. */
  isTrouble(error: unknown): boolean
}

/** Spans of one source that were received together. */
export interface SpanArrival {
  readonly source: string
  readonly receivedAtMs: number
  readonly records: readonly SpanRecord[]
}

/** Spans that were not taken: counted with those that were, never stored. */
export interface Tally {
  readonly source: string
  readonly result: 'rejected' | 'shed'
  /** Why, from a closed list of the caller's. */
  readonly reason: string
  readonly count: number
}

/** Held by the one thread that writes spans. */
export interface SpanWriter {
  /**
   * On disk when it returns, all of it or nothing (invariant I7). A span of this source whose ids
   * are already there, or were within the last day, is not stored twice; of two that differ, the
   * later version stays (`isLaterVersion`), whichever came first.
   */
  append(arrivals: readonly SpanArrival[], tallies?: readonly Tally[]): Appended
  /**
   * To be called while nobody waits: does what a later append would have to do first. What goes
   * wrong with it is told by that append.
   */
  tidyUp(): void
  close(): void
}

export interface Appended {
  readonly stored: number
  /** Of spans that are there; a later version of one counts here too. */
  readonly duplicates: number
}

/** A span as it is kept, with its source and the time at which it was received. */
export interface ReceivedSpan extends Arrival {
  readonly source: string
}

/** Spans of one trace that came together, and their place in the order of arrival. */
export interface LoggedChunk {
  /** Grows, and is never given twice. */
  readonly position: number
  readonly source: string
  readonly receivedAtMs: number
  /** Of each span. */
  readonly heads: readonly SpanHead[]
  /** Following the log needs only the heads of its spans. */
  readonly content: ChunkContent
  /** Certain that nothing which is stored of its trace stands before it, from whichever source. */
  readonly isFirst: boolean
  /** What of them decides whose neighbour their trace is; read when it is first asked for. */
  readonly times: SpanTimes
  /** Of what is stored here so many cannot be read: the others can. */
  readonly unreadable: number
}

/** The spans of a chunk, undecoded: to be kept until they are told, without their heads. */
export interface ChunkContent {
  /** As long as it is kept. */
  readonly bytes: number
  /** Decoded each time. */
  spans(): readonly Span[]
}

export interface SpanTimes {
  /** Of the span that started first; infinite where none can be read. */
  readonly startUs: number
  /** When ERROR spans ended. */
  readonly failedUs: readonly number[]
}

export interface StoredTrace {
  /** In the order of their start, each once for each source that sent it. */
  readonly spans: readonly ReceivedSpan[]
  /** There are more than can be looked at: these are those that came first. */
  readonly isCut: boolean
}

/** Sees what the writer has committed, never more. */
export interface SpanReader {
  /** In order of arrival: whole chunks, and no further one once there are so many spans. */
  readAfter(position: number, spansMax: number): readonly LoggedChunk[]
  spansOf(source: string, traceId: string): StoredTrace
  /** Of all sources: a trace may run through several, and they may send the same spans. */
  trace(traceId: string): StoredTrace
  /** ERROR spans that ended in the range, of so many traces; one that was replaced counts too. */
  failuresIn(source: string, range: UsRange, limit: number): readonly TraceMoment[]
  /** Traces whose first span of this source started in the range, so many of them. */
  startsIn(source: string, range: UsRange, limit: number): readonly TraceMoment[]
  counts(): SpanCounts
  close(): void
}

/** When a span of a trace failed, or its first one started. */
export interface TraceMoment {
  readonly traceId: string
  readonly atUs: number
  /** To the nanosecond, which costs reading the spans; several may share the microsecond. */
  readonly exactNs: () => readonly bigint[]
}

/** Since the folder was made; what was removed for its age counts on. */
export interface SpanCounts {
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  readonly shed: number
  readonly sources: readonly SourceCounts[]
}

export interface SourceCounts {
  readonly name: string
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  readonly rejectedBy: ReadonlyMap<string, number>
  readonly shed: number
  /** 0 where nothing ever came. */
  readonly lastReceivedMs: number
}

/** Held by the one thread that keeps the spans within their limits. */
export interface SpanKeeper {
  /** One bounded step; ask again where there is more to do. */
  tidy(limits: SpanLimits, now: TidyNow): TidyReport
  stats(): StoreStats
  close(): void
}

export interface Watermark {
  /** 0 while nothing is judged, or all is to be judged again. */
  judgedUpTo(): number
  close(): void
}

export interface SpanLimits {
  readonly ageMsMax: number
  readonly bytesMax: number
}

export interface TidyNow {
  readonly nowMs: number
  /** Spans up to this position are part of a verdict or of none. */
  readonly judgedUpTo: number
}

export interface TidyReport {
  readonly more: boolean
  /** What it did, for the log; empty where there was nothing to do. */
  readonly done: readonly string[]
  /** What it could not do, or what that cost: for whoever looks after the analyzer. */
  readonly failed: readonly string[]
}

export interface StoreStats {
  readonly bytes: number
  readonly spans: number
  /** The oldest first. */
  readonly parts: readonly StorePart[]
  /** What cannot be read, by name, and what was set aside because of that. */
  readonly damaged: readonly string[]
  /** The oldest first. */
  readonly setAside: readonly SetAsideFile[]
  /** Left on the disk that holds it. */
  readonly freeBytes: number
}

/**
 * Damaged, and kept for whoever can read more of it: counted in the size that spans may take, and
 * removed when it is as old as spans are kept.
 */
export interface SetAsideFile {
  readonly name: string
  readonly bytes: number
  /** When it was set aside. */
  readonly atMs: number
}

/** What is dropped as one. */
export interface StorePart {
  readonly name: string
  readonly kind: 'open' | 'sealed' | 'packed'
  readonly bytes: number
  readonly spans: number
  readonly createdMs: number
  readonly lastReceivedMs: number
}
