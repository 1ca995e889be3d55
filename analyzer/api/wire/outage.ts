import type { WireConfidence, WireSeverity } from './terms.ts'

/** A target that many requests of one route met in the same state, minute after minute. */
export interface WireWindow {
  readonly source: string
  readonly rule: string
  readonly severity: WireSeverity
  readonly confidence: WireConfidence
  readonly title: string
  /** Of the last minute in which it was so. */
  readonly summary: string
  readonly route: string
  /** The deployment, as the gateway names it. */
  readonly target: string
  readonly provider: string | null
  /** Why the target failed most often. */
  readonly reason: string
  /** ISO 8601, whole minutes: the first in which it was so, and the end of the last. */
  readonly start: string
  readonly end: string
  /** Minutes in which it was so. */
  readonly minutes: number
  /** Requests that show it: the first few. */
  readonly examples: readonly { readonly traceId: string; readonly requestSpanId: string }[]
}

/** Something that changed at a gateway: what an incident that began then may come from. */
export interface WireMarker {
  readonly source: string
  /**
   * `release`: another version of the gateway. `instance`: a process that was not there before.
   * `router-config`: the file says something else than when the analyzer last read it.
   */
  readonly kind: 'release' | 'instance' | 'router-config'
  readonly at: string
  /** The version, the instance's id, or the first digits of the configuration's hash. */
  readonly to: string
  /** What it was before; `null`: nothing tells. */
  readonly from: string | null
}

/** `GET /api/v1/episodes?window=1h`: incidents that are one outage, the latest first. */
export interface WireEpisodeList {
  readonly schemaVersion: 1
  readonly now: string
  readonly windowMs: number
  readonly episodes: readonly WireEpisode[]
}

/** Incidents of one source, provider or deployment and root cause that overlap in time. */
export interface WireEpisode {
  /** `epi-` and hex digits. */
  readonly id: string
  readonly source: string
  readonly providers: readonly string[]
  readonly deployments: readonly string[]
  /** Why attempts failed, the closed words of `WireAttempt.reason`. */
  readonly rootCauses: readonly string[]
  readonly severity: WireSeverity
  readonly start: string
  readonly end: string
  /** Its last request is not older than five minutes. */
  readonly stillHappening: boolean
  /** Requests of its incidents within it. */
  readonly count: number
  /** Ids, the worst first. */
  readonly incidents: readonly string[]
  readonly markers: readonly WireMarker[]
}
