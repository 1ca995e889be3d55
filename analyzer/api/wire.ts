/**
 * What the API serves and `secondwind classify --json` prints: types only, one schema for both.
 * Keys are lowerCamelCase as in OTLP/JSON; times are ISO 8601, or nanoseconds as strings; ids with
 * hyphens. Duplicated on purpose from the domain types: the wire does not move when they do.
 */

import type {
  WireActsHealth,
  WireFolded,
  WireHistoryEntry,
  WireIncidentState,
} from './wire-acts.ts'
import type { WireMarker, WireWindow } from './wire-outage.ts'

export type {
  WireAct,
  WireActLoss,
  WireActsHealth,
  WireFolded,
  WireHistoryEntry,
  WireIncidentState,
} from './wire-acts.ts'

export type { WireEpisode, WireEpisodeList, WireMarker, WireWindow } from './wire-outage.ts'

export type WireOutcome = 'ok' | 'rescued' | 'failed' | 'cancelled' | 'rejected' | 'unknown'
export type WireSeverity = 'high' | 'medium' | 'info'
export type WireConfidence = 'certain' | 'likely'

export interface WireClassification {
  readonly schemaVersion: 1
  readonly requests: readonly WireRequest[]
  /** What only many requests together show; of each file by itself. */
  readonly windows: readonly WireWindow[]
}

export interface WireRequest {
  /** The source's name; offline, the file or `-`. */
  readonly source: string
  /** Of the first attempt. */
  readonly traceId: string
  readonly traceIds: readonly string[]
  readonly requestSpanId: string
  readonly dialect: string
  readonly api: 'chat' | 'responses' | 'messages' | 'unknown'
  readonly stream: boolean | null
  readonly route: string | null
  readonly caller: {
    readonly team?: string
    readonly keyAlias?: string
    readonly keyHash?: string
  }
  readonly outcome: WireOutcome
  readonly attempts: readonly WireAttempt[]
  readonly clientSaw: WireClientSaw
  readonly findings: readonly WireFinding[]
  /** ISO 8601. */
  readonly startTime: string
  readonly durationMs: number
}

export interface WireAttempt {
  readonly number: number
  readonly kind: 'initial' | 'retry' | 'fallback' | 'unknown'
  readonly deployment?: string
  readonly provider?: string
  readonly model?: string
  readonly route?: string
  readonly status: 'ok' | 'failed' | 'cancelled' | 'unknown'
  readonly phase: 'before_headers' | 'before_content' | 'mid_stream' | 'after_terminal' | 'unknown'
  readonly reason?: string
  readonly errorType?: string
  readonly statusCode?: number
  readonly message?: string
  readonly spanId?: string
  readonly durationMs?: number
}

export interface WireClientSaw {
  readonly statusCode?: number
  readonly errorType?: string
  readonly message?: string
  /** `null`: the spans cannot tell. */
  readonly complete: boolean | null
}

export interface WireFinding {
  readonly rule: string
  readonly primary: boolean
  readonly severity: WireSeverity
  readonly confidence: WireConfidence
  readonly title: string
  readonly summary: string
  readonly evidence: readonly {
    readonly spanId: string
    readonly key: string
    readonly value: string
  }[]
}

/** `GET /api/v1/overview?window=1h` */
export interface WireOverview {
  readonly schemaVersion: 1
  readonly now: string
  readonly windowMs: number
  readonly requests: number
  readonly outcomes: Readonly<Record<WireOutcome, number>>
  /**
   * The headline: eligible failures that were not rescued; a share is never shown without its n.
   */
  readonly eligibleFailures: number
  readonly unrescued: number
  readonly byRule: readonly {
    readonly rule: string
    readonly title: string
    readonly severity: WireSeverity
    readonly count: number
  }[]
  readonly openIncidents: readonly WireIncidentRow[]
  /** Requests per bucket and outcome, oldest first: what the chart draws. */
  readonly buckets: readonly WireBucket[]
  /** What changed within the window, the latest first. */
  readonly markers: readonly WireMarker[]
  readonly health: WireHealth
}

export interface WireBucket {
  readonly start: string
  readonly ok: number
  readonly rescued: number
  readonly failed: number
  readonly cancelled: number
  readonly other: number
}

/** `GET /api/v1/health` */
export interface WireHealth {
  readonly spansStored: number
  readonly spansRejected: number
  readonly requestsPending: number
  /** Spans are taken, but nothing is judged since then: the disk is full or a file is locked. */
  readonly judgingPausedSince: string | null
  /** `null`: no span has ever come, which is how empty is told from broken. */
  readonly lastSpanAt: string | null
  /** Of traces in which nothing is of a kind that is understood. */
  readonly spansUnrecognised: number
  /** Of traces that are understood and hold no request: health checks, admin pages, embeddings. */
  readonly spansWithoutRequest: number
  readonly otlpHttpUrl: string
  readonly intake: WireIntake
  readonly lag: WireLag
  /** `null`: the system does not tell. */
  readonly disk: WireDisk | null
  readonly keeping: WireKeeping
  readonly acts: WireActsHealth
  readonly sources: readonly WireSource[]
  /** The latest first; since the analyzer started. */
  readonly refused: readonly WireRefusedSender[]
}

export interface WireIntake {
  /**
   * `shedding`: more comes than can be stored, and requests without failures are asked to come
   * again. `failing`: nothing can be stored, and all are.
   */
  readonly state: 'ok' | 'shedding' | 'failing'
  readonly since: string | null
  /** What the store said, where it takes nothing. */
  readonly why: string | null
  readonly queueBytes: number
  readonly queueBytesMax: number
  /** Turned away under pressure, since the analyzer started. */
  readonly requestsShed: number
  /** Turned away under pressure, since the data folder was made; their senders come again. */
  readonly spansShed: number
  /** Came again and were there already, since the data folder was made. */
  readonly spansDuplicate: number
  /** Spans that were refused for good, by reason, since the data folder was made. */
  readonly rejected: Readonly<Record<string, number>>
}

/** How far judging is behind what was stored. */
export interface WireLag {
  /** Stored, and part of no verdict yet. */
  readonly spans: number
  readonly oldestReceivedAt: string | null
  /** Since when a trace could have been judged and was not; `null`: judging keeps up. */
  readonly overdueSince: string | null
  /** A release that reads spans otherwise judges anew what an older one had judged. */
  readonly derivingAnew: boolean
}

export interface WireDisk {
  /** Of the data folder. */
  readonly bytes: number
  /** What spans may take; the oldest go first. */
  readonly bytesMax: number
  readonly freeBytes: number
  /** Less than a tenth of the disk or less than 1 GiB is left. */
  readonly low: boolean
}

/** Of dropping and packing what is old. */
export interface WireKeeping {
  /** Something is not dropped or packed since then: the disk is full, or a file is damaged. */
  readonly troubledSince: string | null
  readonly why: string | null
  /** Files that cannot be read, by name; `secondwind db check` says what that means. */
  readonly damaged: readonly string[]
}

export interface WireSource {
  readonly name: string
  readonly spans: number
  readonly lastSpanAt: string | null
  /** `never`: it is configured and has never sent; `quiet`: nothing for a quarter of an hour. */
  readonly state: 'sending' | 'quiet' | 'never'
  /** In sentences: what the spans that it was really seen to send cannot show, whatever happens. */
  readonly cannotShow: readonly string[]
}

export interface WireRefusedSender {
  readonly reason:
    | 'no-token'
    | 'wrong-token'
    | 'token-rotating'
    | 'wrong-host'
    | 'not-otlp'
    | 'too-large'
    | 'malformed'
    | 'busy'
    | 'unavailable'
  /** Empty: the connection was gone before it could be asked. */
  readonly remoteAddress: string
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}

/**
 * `GET /api/v1/incidents?state=&severity=&rule=&source=&id=&window=`: states and severities may be
 * several, with commas; `id` may be the first digits of one.
 */
export interface WireIncidentList {
  readonly schemaVersion: 1
  readonly now: string
  /** The worst first, and of equally bad ones the newest. */
  readonly incidents: readonly WireIncidentRow[]
  /** How many there are by state, where only the state is not asked for. */
  readonly states: Readonly<Record<WireIncidentState, number>>
  /** There are more than are shown. */
  readonly cut: boolean
}

export interface WireIncidentRow {
  /** `inc-` and hex digits of the fingerprint. */
  readonly id: string
  readonly rule: string
  readonly title: string
  readonly severity: WireSeverity
  readonly confidence: WireConfidence
  readonly state: WireIncidentState
  readonly stateSince: string
  /** Who brought it about; `null`: the analyzer itself. */
  readonly stateBy: string | null
  /** `null`: it is not muted, or until it is reopened. */
  readonly mutedUntil: string | null
  readonly source: string
  readonly route: string | null
  /** Primary and fallback route. */
  readonly edge: { readonly from: string | null; readonly to: string | null }
  readonly provider: string | null
  /** Normalised: no ids, numbers or ports. */
  readonly cause: string
  readonly summary: string
  readonly count: number
  /** What `count` counts: of a class that no single request shows, minutes in which it was so. */
  readonly counted: 'requests' | 'minutes'
  readonly firstSeen: string
  readonly lastSeen: string
  /** Seen within the last five minutes. */
  readonly stillHappening: boolean
  /** Counts per bucket, oldest first, for the sparkline. */
  readonly sparkline: readonly number[]
  /** The latest outage that it is part of (`GET /api/v1/episodes`); `null`: none in the window. */
  readonly episode: string | null
}

/** `GET /api/v1/incidents/:id` */
export interface WireIncident extends WireIncidentRow {
  readonly schemaVersion: 1
  readonly now: string
  readonly fingerprint: {
    readonly version: number
    readonly ingredients: Readonly<Record<string, string>>
  }
  readonly remedy: WireRemedy
  /** What is known of the gateway's releases. */
  readonly releases: readonly WireReleaseNote[]
  /** Releases of its source's gateways that were seen when it was seen last. */
  readonly gateways: readonly { readonly gateway: string; readonly release: string }[]
  readonly docs: string
  /** The newest request of it, whole: the two columns. */
  readonly example: WireRequest
  readonly occurrences: readonly WireOccurrence[]
  readonly callers: readonly { readonly name: string; readonly count: number }[]
  /** What changed at its source in the hour before its first request, the latest first. */
  readonly markers: readonly WireMarker[]
  /** The oldest first: what people did, and what the analyzer did by itself. */
  readonly history: readonly WireHistoryEntry[]
  /** Of one that takes what has no place of its own; `null` for all others. */
  readonly folded: WireFolded | null
}

export interface WireRemedy {
  readonly stopItNow: WireRemedyStep
  readonly fixIt: WireRemedyStep
  readonly verify: WireRemedyStep
}

export interface WireRemedyStep {
  readonly text: string
  /** To copy as it is: names in it are quoted for its language. */
  readonly snippet?: { readonly language: 'yaml' | 'sh' | 'json' | 'python'; readonly code: string }
}

export interface WireReleaseNote {
  readonly gateway: 'litellm' | 'secondwind'
  readonly from: string | null
  readonly to: string | null
  readonly text: string
}

export interface WireOccurrence {
  readonly traceId: string
  readonly requestSpanId: string
  readonly at: string
  readonly outcome: WireOutcome
  readonly route: string | null
}

/** `GET /api/v1/requests?q=&source=&outcome=&route=&rule=&limit=&before=` */
export interface WireRequestList {
  readonly schemaVersion: 1
  readonly requests: readonly WireRequest[]
  /** `before=` of the next page. A page that is not full may have one: see `searchedBackTo`. */
  readonly next: string | null
  /**
   * Requests older than this were not looked at yet: text that is no name is searched for in the
   * newest requests first. `null`: nothing was left out.
   */
  readonly searchedBackTo: string | null
}

/** `GET /api/v1/traces/:traceId` */
export interface WireTrace {
  readonly schemaVersion: 1
  readonly traceId: string
  readonly startTimeUnixNano: string
  readonly durationNano: string
  readonly spans: readonly WireSpan[]
  /** There are more spans than can be shown: these are those that came first. */
  readonly cut: boolean
  readonly requests: readonly WireRequest[]
}

export interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code: 'unset' | 'ok' | 'error'; readonly message: string }
  readonly scope: { readonly name: string; readonly version: string }
  readonly service: string
  /** Values as text, ready to be shown; content is already replaced by its shape. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[]
  readonly events: readonly {
    readonly name: string
    readonly timeUnixNano: string
    readonly attributes: readonly { readonly key: string; readonly value: string }[]
  }[]
}

/** `GET /api/v1/rules` */
export interface WireRules {
  readonly schemaVersion: 1
  readonly rules: readonly {
    readonly id: string
    readonly title: string
    readonly severity: WireSeverity
    readonly description: string
    readonly docs: string
    /** Found in one request, or in many of a route over time. */
    readonly kind: 'request' | 'window'
    /** Whether it opens an incident although the client got a whole answer. */
    readonly opensWhenRescued: boolean
    /** Facts without which it stays silent; `GET /api/v1/sources` says which a sender's lack. */
    readonly needs: readonly string[]
  }[]
}

/** RFC 9457. */
export interface WireProblem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** The reader's next step. */
  readonly hint?: string
}
