import type { FingerprintIngredients } from '../incidents/fingerprint.ts'
import type { IncidentTimes } from '../incidents/episodes.ts'
import type { Incident } from '../incidents/incident.ts'
import type { GatewayRun } from '../incidents/markers.ts'
import type { Occurrence } from '../incidents/occurrence.ts'
import type { Sender } from '../story/sender.ts'
import type { RuledWindow } from '../rules/window/judge-window.ts'
import type { Pick } from '../rules/window/picks.ts'
import type { RouteWindow } from '../rules/window/window-rule.ts'
import type { UsRange } from './us-range.ts'
import type { FirstTargetResult, VerdictTallies } from './verdict-tallies.ts'

/** What is derived from spans, by intent: it can be thrown away and made again from them. */

/** One judged request: what lists filter by, and the rest as it is served. */
export interface Verdict {
  readonly storyId: string
  readonly source: string
  readonly traceIds: readonly string[]
  readonly atMs: number
  readonly route: string | undefined
  readonly api: string
  readonly outcome: string
  readonly caller: string | undefined
  /** Whether it counts in the unrescued share, and on which side. */
  readonly eligible: boolean
  /** Absent where the first target did not fail for good, or nothing tells what was configured. */
  readonly firstTargetFailure: FirstTargetFailure | undefined
  /** What it tells of each target that it met; none where it tells nothing. */
  readonly picks?: readonly Pick[]
  /** Who wrote its spans, and when that was seen. */
  readonly gateway?: SeenGateway
  /** What it can be found by, beside the above: models, deployments, providers, kinds of error. */
  readonly names: readonly string[]
  readonly findings: readonly VerdictFinding[]
  /** `WireRequest` as JSON text. */
  readonly wire: string
  /** What wrote its spans. */
  readonly sender: Sender
  /** The incident that this request is part of. */
  readonly occurrence: Occurrence | undefined
}

export interface SourceSender {
  readonly source: string
  readonly sender: Sender
}

export interface SeenGateway {
  readonly name: string
  readonly release?: string
  readonly instance?: string
  /** When the request began, never later than it was told. */
  readonly atMs: number
}

export interface FirstTargetFailure {
  readonly target: string
  readonly result: FirstTargetResult
}

export interface VerdictFinding {
  readonly rule: string
  readonly title: string
  readonly severity: string
  readonly confidence: string
}

/** Verdicts that replace all others of these traces. */
export interface Judgement {
  readonly source: string
  readonly traceIds: readonly string[]
  readonly verdicts: readonly Verdict[]
  /** Where traces of these look for other parts of their requests. */
  readonly lookouts?: readonly Lookout[]
  /** There were more traces around it than can be told apart. */
  readonly crowded?: boolean
  /** All of it was judged before, by other rules: it is in the tallies already. */
  readonly again?: boolean
}

/** A trace may be told together with those that failed or began at these times. */
export interface Lookout {
  readonly traceId: string
  readonly failedIn: UsRange | undefined
  readonly startedIn: UsRange | undefined
}

/** When a trace began, and when spans of it failed. */
export interface TraceExtent {
  readonly source: string
  readonly startUs: number
  readonly failedUs: readonly number[]
}

/** How far the log of spans has been dealt with. */
export interface Progress {
  /** Every span up to here is part of a verdict or of none: where to go on after a crash. */
  readonly judgedUpTo: number
  /** Spans up to there of traces that belong to no dialect. */
  readonly unrecognised: number
  /** Spans up to there of traces that a dialect knows, and that hold no request. */
  readonly withoutRequest: number
}

/** How what only many requests show is told; default: every window rule, with its own limits. */
export interface VerdictOptions {
  readonly judgeWindow?: (window: RouteWindow) => readonly RuledWindow[]
}

/** Held by the one thread that judges; it also answers what pages ask. */
export interface VerdictStore {
  progress(): Progress
  /** All of it or nothing; the same again changes nothing. */
  replace(judgements: readonly Judgement[], progress: Progress): void
  /** Requests whose spans all stand up to there were tallied before they were derived anew. */
  talliedUpTo(): number
  /** What stood in the log when all of it was to be derived anew; 0: there was nothing. */
  anewUpTo(): number
  /** Traces that were last judged together with this one, itself among them; none where alone. */
  toldWith(source: string, traceId: string): readonly string[]
  /** Whether this trace looked for others, and was judged as if it were in no crowd. */
  missedCrowd(source: string, traceId: string): boolean
  /** Traces whose lookouts this one is in. */
  lookingAt(extent: TraceExtent, limit: number): readonly string[]
  /** By whole minutes. */
  overview(range: MsRange, bucketMs: number): OverviewCounts
  incidents(): readonly Incident[]
  incident(id: string): Incident | undefined
  /** The newest of an incident's requests, as JSON text, and when each was. */
  occurrences(incidentId: string, limit: number): readonly StoredRequest[]
  callers(incidentId: string, limit: number): readonly CallerCount[]
  /** When the first of its requests behind this time was; it outlives the request, see `prune`. */
  firstSeenAfter(incidentId: string, ms: number): number | undefined
  /** What the newest requests of an incident that many are folded into would have been. */
  folded(incidentId: string, limit: number): readonly FingerprintIngredients[]
  /** Requests of an incident per bucket of whole minutes, oldest first. */
  sparkline(incidentId: string, range: MsRange, bucketMs: number): readonly number[]
  /** Of every incident that has requests in there: when they were, and what failed first. */
  incidentTimes(range: MsRange): readonly IncidentTimes[]
  /** Releases and processes of gateways, the latest first. */
  gatewayRuns(): readonly GatewayRun[]
  requests(filter: RequestFilter): RequestPage
  requestsOfTrace(traceId: string): readonly StoredRequest[]
  /** What was ever judged, for `/metrics`. */
  tallies(): VerdictTallies
  /** What each source was seen to send, as long as its requests are kept; in one order. */
  senders(): readonly SourceSender[]
  /** The last act of a person that was seen: what `acts.db` must hold. */
  actsUpTo(): number
  rememberActs(lastId: number): void
  /**
   * One bounded step; whether more is to be done at once. The first request of an incident behind
   * one of its `turns` is remembered when it goes for its age: a state rests on it.
   */
  prune(limits: VerdictLimits, nowMs: number, turns?: TurnsOf): boolean
  /** What in it contradicts itself; empty: nothing. Reads all of it. */
  verify(): readonly string[]
  close(): void
}

/** The same object for as long as the process lives, whatever becomes of what is on disk. */
export interface RenewableVerdicts extends VerdictStore {
  /**
   * Where what it holds turned out to be damaged: sets that aside and begins with nothing, so that
   * all is to be judged again. False where nothing is damaged, or this was done a moment ago.
   */
  renew(): boolean
}

/** Times of an incident behind which its next request means something. */
export type TurnsOf = (incidentId: string) => readonly number[]

/** From `fromMs` on, before `toMs`. */
export interface MsRange {
  readonly fromMs: number
  readonly toMs: number
}

/** Where a request stands among all: two sources may have sent the spans of one story. */
export interface RequestPlace {
  readonly storyId: string
  readonly source: string
  readonly atMs: number
}

export interface StoredRequest extends RequestPlace {
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
  readonly rules: readonly (Omit<VerdictFinding, 'confidence'> & { readonly count: number })[]
  readonly buckets: readonly {
    readonly bucket: number
    readonly outcome: string
    readonly count: number
  }[]
}

export interface RequestFilter {
  readonly limit: number
  /**
   * A trace id or its first digits; else part of a name (route, model, deployment, provider, kind
   * of error, rule, caller, source, outcome); else, where no name has it, part of any text.
   */
  readonly text?: string
  readonly source?: string
  readonly outcome?: string
  readonly route?: string
  readonly rule?: string
  /** The last request of the page before this one. */
  readonly before?: RequestPlace
}

export interface RequestPage {
  readonly requests: readonly StoredRequest[]
  /**
   * The last request that was looked at, where not all could be: go on `before` it for more, even
   * if the page is not full.
   */
  readonly searchedTo?: RequestPlace
}

export interface VerdictLimits {
  readonly requestAgeMsMax: number
  /** The oldest beyond it go by whole hours, never those of the last full hour. */
  readonly requestsMax: number
  readonly incidentAgeMsMax: number
}
