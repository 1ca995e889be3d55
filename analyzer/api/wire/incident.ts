import type { WireFormerIncident, WireHistoryEntry, WireIncidentState } from './acts.ts'
import type { WireMarker } from './outage.ts'
import type { WireRequest } from './request.ts'
import type { WireConfidence, WireOutcome, WireSeverity } from './terms.ts'

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
  /**
   * Verdicts are being made anew: incidents are missing, and counts are too low. Nothing is called
   * `former` until all that was judged before is judged again.
   */
  readonly deriving: boolean
  /**
   * What was done to incidents that are no more: a late span withdrew them, or their requests had
   * gone when verdicts were made anew. The latest first; empty where a rule, a source or a
   * severity is asked for.
   */
  readonly former: readonly WireFormerIncident[]
  /** So many more of them there are: they are found by the start of their `id`. */
  readonly formerMore: number
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

/** What was folded, as its newest requests show it. */
export interface WireFolded {
  /** How many were looked at. */
  readonly requests: number
  /** The most frequent first. */
  readonly most: readonly {
    readonly edge: { readonly from: string | null; readonly to: string | null }
    readonly provider: string | null
    readonly cause: string
    readonly count: number
  }[]
  /** Kinds among them beyond those that are listed. */
  readonly further: number
}
