import type { WireHealth } from './health.ts'
import type { WireIncidentRow } from './incident.ts'
import type { WireMarker } from './outage.ts'
import type { WireOutcome, WireSeverity } from './terms.ts'

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
