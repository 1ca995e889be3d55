import type {
  Api,
  AttemptKind,
  FailureReason,
  NotTriedReason,
  Outcome,
  Phase,
  Strategy,
} from '../../collector/vocabulary.ts'

/**
 * The analyzer's model of one request. A dialect fills it from spans (and the router's config
 * file); rules read nothing else. What the spans cannot tell is `unknown` or absent, never a guess.
 */
export interface Story {
  /** Stable over late and duplicate spans: made of the first attempt's trace and request span. */
  readonly id: string
  readonly source: string
  readonly dialect: DialectName
  readonly api: Api | 'unknown'
  readonly stream: boolean | 'unknown'
  readonly route: string | undefined
  readonly caller: Caller
  /** Every trace that the story was put together from; first the first attempt's. */
  readonly traceIds: readonly string[]
  /** The span that stands for the request: SERVER span, else the first attempt's. */
  readonly requestSpanId: string
  readonly startTimeNs: bigint
  readonly endTimeNs: bigint
  readonly outcome: Outcome
  readonly attempts: readonly Attempt[]
  /** Whether the spans show every upstream call: only then does absence prove anything. */
  readonly attemptsComplete: boolean
  /** At most `likely` for a story that was joined across traces. */
  readonly sureness: Confidence
  readonly fallbacks: Fallbacks
  readonly continuations: readonly StoryContinuation[]
  readonly client: ClientView
  readonly gateway: Gateway
  readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number }
  /** Nothing may be concluded: the request's own span never came. */
  readonly incomplete: boolean
  /** The spans of this release and mode look the same for a healthy and a broken request. */
  readonly indistinguishable: boolean
}

export type DialectName = 'secondwind' | 'litellm-v1' | 'litellm-v2'
export type Confidence = 'certain' | 'likely'

/** A value and where it came from; `config` is never more than likely. */
export interface Fact<T> {
  readonly value: T
  readonly source: 'span' | 'config' | 'error_text'
  readonly evidence?: Evidence
}

export interface Evidence {
  readonly spanId: string
  readonly key: string
  readonly value: string
}

export interface Caller {
  readonly team?: string
  readonly keyAlias?: string
  readonly keyHash?: string
}

export interface Attempt {
  /** From 1, in the order in which the attempts ended. */
  readonly number: number
  readonly kind: AttemptKind | 'unknown'
  readonly route?: string
  readonly deployment?: string
  readonly provider?: string
  readonly model?: string
  readonly status: 'ok' | 'failed' | 'cancelled' | 'unknown'
  readonly phase: Phase | 'unknown'
  readonly reason?: FailureReason
  /** The upstream's or the gateway's own error type. */
  readonly errorType?: string
  readonly statusCode?: number
  readonly message?: string
  readonly startTimeNs: bigint
  readonly endTimeNs: bigint
  /** Absent where no span of its own tells of it (an event or an error text does). */
  readonly spanId?: string
  readonly evidence: readonly Evidence[]
  /** What the client had of this attempt; absent where the spans cannot tell. */
  readonly delivered?: { readonly chars?: number; readonly toolCalls?: number }
}

export interface Fallbacks {
  /** Routes that the failed route may fall back to; absent: neither span nor config tells. */
  readonly configured?: Fact<readonly string[]>
  readonly disabled?: Fact<boolean>
  /** `unknown` where the spans do not show every attempt. */
  readonly tried: boolean | 'unknown'
  readonly notTried?: Fact<NotTriedReason>
}

/** How a fallback was asked to go on. */
export interface StoryContinuation {
  readonly attempt: number
  readonly strategy: Strategy | 'unknown'
  readonly lastRole?: string
  readonly prefill?: boolean
  readonly verified?: boolean
  readonly aligned?: boolean
  readonly evidence: readonly Evidence[]
}

export interface ClientView {
  readonly statusCode?: number
  readonly errorType?: string
  readonly message?: string
  /** Whether the client held a complete answer. */
  readonly complete: boolean | 'unknown'
  /** Whether the client was told of a failure: by status, by an error frame or by an exception. */
  readonly errorShown: boolean | 'unknown'
  /** The attempt whose failure the client was shown; 0 = the gateway's own. */
  readonly errorAttempt?: number
  readonly evidence: readonly Evidence[]
}

export interface Gateway {
  readonly name: 'secondwind' | 'litellm'
  /** v2's scope version is the release; v1 has none. */
  readonly release?: string
  readonly mode?: string
}
