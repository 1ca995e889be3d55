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
  /**
   * All that was judged is judged again, because the verdicts of it were removed or damaged, or a
   * release reads spans otherwise: until it is, requests and incidents are missing.
   */
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
  /** What those of them take that were set aside: they are counted in `disk.bytesMax`. */
  readonly setAsideBytes: number
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

export interface WireSource {
  readonly name: string
  readonly spans: number
  /** Spans of it that break a rule of OTLP, by which one. */
  readonly rejected: Readonly<Record<string, number>>
  readonly lastSpanAt: string | null
  /**
   * `never`: it is configured and has never sent; `rejected`: it sent, and not one span could be
   * stored; `quiet`: nothing for a quarter of an hour.
   */
  readonly state: 'sending' | 'quiet' | 'rejected' | 'never'
  /**
   * How far its spans end in the future; less than 0: all that it sent of late ended so long before
   * it came. `null`: no further than delays and clocks that are set explain.
   */
  readonly clockAheadMs: number | null
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
    | 'slow'
    | 'busy'
    | 'unavailable'
  /** Empty: the connection was gone before it could be asked. */
  readonly remoteAddress: string
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}
