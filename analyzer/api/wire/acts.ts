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

/** What a person did, where no state is known of it. */
export interface WireDone {
  readonly at: string
  readonly kind: 'acknowledged' | 'resolved' | 'reopened' | 'muted' | 'noted'
  readonly by: string
  readonly note: string | null
  readonly until: string | null
}

/** Somebody acted on it, and no request of it is known any more. */
export interface WireFormerIncident {
  readonly id: string
  readonly acts: number
  /** The last of them, the oldest first. */
  readonly done: readonly WireDone[]
}

/**
 * Body of `POST /api/v1/incidents/:id/acts`, as `application/json`. Answered with the incident as
 * it is then, once that is on disk. With a header `Idempotency-Key` (a UUID, say) the same act may
 * be sent again for a day: it is done once, and another act under that key is refused (422).
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
