import type {
  Api,
  AttemptKind,
  BreakerState,
  FailureReason,
  NotTriedReason,
  Outcome,
  Phase,
  SkipReason,
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
  /** As the router itself counted them, where it has not written a span for each. */
  readonly upstreamCalls?: Fact<number>
  /** Upstream calls that its config allows for one request, retries and fallbacks together. */
  readonly callsAllowed?: Fact<number>
  /** At most `likely` for a story that was joined across traces. */
  readonly sureness: Confidence
  readonly fallbacks: Fallbacks
  readonly continuations: readonly StoryContinuation[]
  readonly client: ClientView
  readonly gateway: Gateway
  readonly usage?: Usage
  /** What the client asked for, as far as a fallback must be able to take it. */
  readonly asked?: RequestShape
  /** Nothing may be concluded: the request's own span never came. */
  readonly incomplete: boolean
  /** The spans of this release and mode look the same for a healthy and a broken request. */
  readonly indistinguishable: boolean
}

export type DialectName = 'secondwind' | 'litellm-v1' | 'litellm-v2' | 'gen-ai' | 'openinference'
export type Confidence = 'certain' | 'likely'

/**
 * A value and where it came from. `config` is never more than likely; nor is `release`: what this
 * release of the gateway was measured to do in such a case.
 */
export interface Fact<T> {
  readonly value: T
  readonly source: 'span' | 'config' | 'error_text' | 'release'
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
  readonly delivered?: Delivered
  /** `host:port` or origin that was called: where two attempts share it, they share its faults. */
  readonly endpoint?: string
  /** Salted or the gateway's own hash; equal for equal provider keys. */
  readonly keyHash?: string
  /** The model that the upstream says answered. */
  readonly responseModel?: string
  readonly finishReasons?: readonly string[]
  /** Whether the protocol's own end was received. */
  readonly terminal?: boolean
  /** From the attempt's start. */
  readonly timeToFirstContentMs?: number
  readonly longestSilenceMs?: number
  /** Of this upstream: as it reported it, or as `source` says. */
  readonly usage?: Usage
  /** Of the router's breaker when the attempt began: a half-open one is asked on purpose. */
  readonly breaker?: BreakerState
}

export interface Delivered {
  readonly chunks?: number
  readonly chars?: number
  readonly toolCalls?: number
  /** Of `text`, `reasoning`, `refusal`, `tool_call`, `other`. */
  readonly kinds?: readonly string[]
}

export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** `unknown`: the router says itself that it does not know. Absent: the spans do not say. */
  readonly source?: 'reported' | 'partial' | 'estimated' | 'unknown'
}

/** Shape of a request, never its content. */
export interface RequestShape {
  readonly messages?: number
  readonly lastRole?: string
  readonly tools?: number
  readonly toolChoice?: string
  readonly responseFormat?: string
  readonly maxTokens?: number
}

export interface Fallbacks {
  /** Routes that the failed route may fall back to; absent: neither span nor config tells. */
  readonly configured?: Fact<readonly string[]>
  readonly disabled?: Fact<boolean>
  /** `unknown` where the spans do not show every attempt. */
  readonly tried: boolean | 'unknown'
  readonly notTried?: Fact<NotTriedReason>
  /** Targets that were chosen and then refused before any call. */
  readonly skipped?: Fact<readonly SkippedTarget[]>
}

export interface SkippedTarget {
  readonly deployment: string
  /** Where the router says; `gate`: by none of its usual reasons, and nothing was cooling down. */
  readonly why?: SkipReason | 'gate'
}

/** How a fallback was asked to go on. */
export interface StoryContinuation {
  readonly attempt: number
  readonly strategy: Strategy | 'unknown'
  readonly lastRole?: string
  readonly prefill?: boolean
  readonly verified?: boolean
  readonly aligned?: boolean
  /** Whether the configuration forced the strategy. */
  readonly forced?: boolean
  /** Closed word of the router for its choice. */
  readonly why?: string
  /** What the fallback was asked for. */
  readonly shape?: RequestShape
  readonly evidence: readonly Evidence[]
}

export interface ClientView {
  readonly statusCode?: number
  readonly errorType?: string
  /** Of the error, where it was told inside an answer that had begun with 200. */
  readonly errorStatusCode?: number
  readonly message?: string
  /** Whether the client held a complete answer. */
  readonly complete: boolean | 'unknown'
  /** Whether the client was told of a failure: by status, by an error frame or by an exception. */
  readonly errorShown: boolean | 'unknown'
  /** The attempt whose failure the client was shown; 0 = the gateway's own. */
  readonly errorAttempt?: number
  /** Starts of an answer that the client was sent: more than one is no stream of any protocol. */
  readonly envelopes?: Fact<number>
  /** The model that the client was told. */
  readonly model?: string
  /** The protocol's own end, as the client got it. */
  readonly terminal?: string
  /** When the client left. */
  readonly goneTimeNs?: bigint
  /** From the request's start. */
  readonly timeToFirstContentMs?: number
  readonly evidence: readonly Evidence[]
}

export interface Gateway {
  /** `other`: an application or a library that follows a convention. */
  readonly name: 'secondwind' | 'litellm' | 'other'
  /** Of an `other`: the instrumentation scope that wrote the spans. */
  readonly library?: string
  /** v2's scope version is the release; v1 has none. */
  readonly release?: string
  /** Of LiteLLM 1.x: told by v2, and in v1 the first release known to write such spans. */
  readonly minor?: number
  readonly mode?: string
  /** The process that wrote the spans (`service.instance.id`), where its resource says so. */
  readonly instance?: string
}
