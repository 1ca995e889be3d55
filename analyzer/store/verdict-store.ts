import type { Incident } from '../incidents/incident.ts'
import type { Occurrence } from '../incidents/occurrence.ts'
import type { VerdictTallies } from './verdict-tallies.ts'

/** What is derived from spans, by intent: it can be thrown away and made again from them. */

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
  /** What was ever judged, for `/metrics`. */
  tallies(): VerdictTallies
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
