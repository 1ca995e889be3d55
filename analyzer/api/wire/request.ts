import type { WireWindow } from './outage.ts'
import type { WireConfidence, WireOutcome, WireSeverity } from './terms.ts'

export interface WireClassification {
  readonly schemaVersion: 1
  readonly requests: readonly WireRequest[]
  /** What only many requests together show; of each file by itself. */
  readonly windows: readonly WireWindow[]
  /** Files that were not read whole, or not at all: what is told of them rests on the rest. */
  readonly unread: readonly WireUnread[]
}

export interface WireUnread {
  /** The file, or `-`. */
  readonly source: string
  /** Parts of it that are no traces; `problems` are the first of them, each with its place. */
  readonly problemCount: number
  readonly problems: readonly string[]
  /** Spans that were left out, and why. */
  readonly rejected: number
  readonly rejectedReasons: Readonly<Record<string, number>>
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
