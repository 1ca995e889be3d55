import type { Incident } from '../incidents/incident.ts'
import type { Occurrence } from '../incidents/occurrence.ts'
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

/** One judged request: what lists filter by, and the rest as it is served. */
export interface Verdict {
  readonly storyId: string
  readonly source: string
  readonly traceIds: readonly string[]
  readonly atMs: number
  readonly route: string | undefined
  readonly outcome: string
  readonly caller: string | undefined
  /** Whether it counts in the unrescued share, and on which side. */
  readonly eligible: boolean
  readonly findings: readonly VerdictFinding[]
  /** `WireRequest` as JSON text. */
  readonly wire: string
  /** The incident that this request is part of. */
  readonly occurrence: Occurrence | undefined
}

export interface VerdictFinding {
  readonly rule: string
  readonly title: string
  readonly severity: string
}

/** Verdicts that replace all others of these traces. */
export interface Judgement {
  readonly source: string
  readonly traceIds: readonly string[]
  readonly verdicts: readonly Verdict[]
}

/** How far the log of spans has been dealt with. */
export interface Progress {
  /** Every span up to here is part of a verdict or of none: where to go on after a crash. */
  readonly judgedUpTo: number
  /** Spans of traces that belong to no dialect; after a crash, some may count twice. */
  readonly unrecognised: number
}

/** Held by the one thread that judges; it also answers what pages ask. */
export interface VerdictStore {
  progress(): Progress
  /** All of it or nothing; the same again changes nothing. */
  replace(judgements: readonly Judgement[], progress: Progress): void
  overview(range: MsRange, bucketMs: number): OverviewCounts
  incidents(): readonly Incident[]
  incident(id: string): Incident | undefined
  /** The newest of an incident's requests, as JSON text, and when each was. */
  occurrences(incidentId: string, limit: number): readonly StoredRequest[]
  callers(incidentId: string, limit: number): readonly CallerCount[]
  /** Requests of an incident per bucket, oldest first. */
  sparkline(incidentId: string, range: MsRange, bucketMs: number): readonly number[]
  requests(filter: RequestFilter): readonly StoredRequest[]
  requestsOfTrace(traceId: string): readonly StoredRequest[]
  prune(limits: VerdictLimits, nowMs: number): void
  close(): void
}

/** From `fromMs` on, before `toMs`. */
export interface MsRange {
  readonly fromMs: number
  readonly toMs: number
}

export interface StoredRequest {
  readonly storyId: string
  readonly atMs: number
  readonly wire: string
}

export interface CallerCount {
  readonly name: string
  readonly count: number
}

export interface OverviewCounts {
  readonly outcomes: ReadonlyMap<string, number>
  readonly eligible: number
  readonly unrescued: number
  readonly rules: readonly (VerdictFinding & { readonly count: number })[]
  readonly buckets: readonly {
    readonly bucket: number
    readonly outcome: string
    readonly count: number
  }[]
}

export interface RequestFilter {
  readonly limit: number
  /** Part of a route, model, trace id or error type. */
  readonly text?: string
  readonly outcome?: string
  readonly route?: string
  readonly rule?: string
  /** The last request of the page before this one. */
  readonly before?: { readonly atMs: number; readonly storyId: string }
}

export interface VerdictLimits {
  readonly requestAgeMsMax: number
  readonly incidentAgeMsMax: number
}
