/** What people do to incidents, on the wire: types only, part of `wire.ts`. */

export type WireIncidentState = 'open' | 'acknowledged' | 'resolved' | 'regressed' | 'muted'

export interface WireHistoryEntry {
  readonly at: string
  readonly kind:
    | 'opened'
    | 'acknowledged'
    | 'resolved'
    | 'reopened'
    | 'muted'
    | 'noted'
    | 'regressed'
    | 'mute-ended'
  /** `null`: the analyzer itself, and `why` says for what reason. */
  readonly by: string | null
  /** The one after it. */
  readonly state: WireIncidentState
  readonly note: string | null
  /** Of a mute with an end. */
  readonly until: string | null
  readonly why: string | null
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

/**
 * Body of `POST /api/v1/incidents/:id/acts`, as `application/json`. Answered with the incident as
 * it is then, once that is on disk.
 */
export interface WireAct {
  readonly kind: 'acknowledge' | 'resolve' | 'reopen' | 'mute' | 'note'
  /** Who does it, at most 100 characters. */
  readonly by: string
  /** At most 2,000 characters; needed for `note`, allowed for every other. */
  readonly note?: string
  /** Of a mute alone, ISO 8601; absent: until it is reopened. */
  readonly until?: string
}

/** Of what people did to incidents: none of it can be made again from spans. */
export interface WireActsHealth {
  /** It can be neither read nor kept since then: every incident is shown as open. */
  readonly troubledSince: string | null
  readonly why: string | null
  /** The latest first: what was found to be lost when the file was opened. */
  readonly losses: readonly WireActLoss[]
}

export interface WireActLoss {
  readonly at: string
  /** `older`: a file without the last acts was in the place; `damaged`: it was set aside. */
  readonly how: 'missing' | 'older' | 'damaged'
  /** Acts that were still there. */
  readonly saved: number
}
