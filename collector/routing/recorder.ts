import type { DeliveredCounts, Seam } from '../continuation/client-stream.ts'
import type { PayloadShape } from '../protocol/protocol.ts'
import type { AttemptUsage, Usage } from '../protocol/event.ts'
import type { Failure } from '../upstream/failure.ts'
import type {
  Api,
  AttemptKind,
  BreakerState,
  Capability,
  CapabilitySource,
  ContentKind,
  FailureReason,
  NotTriedReason,
  Outcome,
  SkipReason,
  Strategy,
  StrategyCause,
  UsageSource,
} from '../vocabulary.ts'

/**
 * What routing tells telemetry. Declared on routing's side, implemented by `telemetry/`; an
 * implementation never throws and never waits (invariant I6: telemetry never breaks traffic).
 */
export interface Recorder {
  startRequest(start: RequestStart): RequestRecorder
}

/** A recorder with a life: what `main.ts` wires, drains and reads counts from. */
export interface Telemetry extends Recorder {
  /** Spans by what became of them (`sent`, `spooled`, `dropped_…`), for `/metrics`. */
  counts(): ReadonlyMap<string, number>
  /** Flushes for at most `flushMs`; never rejects (I6). */
  stop(flushMs: number): Promise<void>
}

export interface RequestStart {
  readonly api: Api
  readonly path: string
  /** The inbound `traceparent` header, honoured as parent. */
  readonly traceparent?: string
}

export interface RequestRecorder {
  readonly traceId: string
  /** The `traceparent` of the request span, for the response. */
  readonly traceparent: string
  startAttempt(start: AttemptStart): AttemptRecorder
  /** One decision: before every attempt on another target, every second strategy, every `stop`. */
  recordFallback(decision: FallbackDecision): FallbackRecorder
  end(summary: RequestSummary): void
}

export interface AttemptStart {
  readonly number: number
  readonly kind: AttemptKind
  readonly route: string
  readonly deployment: string
  readonly provider: string
  readonly model: string
  readonly serverAddress: string
  readonly serverPort: number
  /** Hashed with a salt by the recorder; the key itself is never exported. */
  readonly apiKey?: string
  readonly breakerState: BreakerState
  /** Fields of the client's request that the target is not sent. */
  readonly droppedFields: readonly string[]
  readonly stream: boolean
}

export interface AttemptRecorder {
  /** Of the attempt's span, for a provider that is told of the trace; absent: nothing records. */
  traceparent(): string | undefined
  /** The first content of this attempt: ends `first_chunk`, starts `stream`. */
  firstContent(kind: ContentKind, preludeEvents: number): void
  end(summary: AttemptSummary): void
}

export interface AttemptSummary {
  readonly result: 'ok' | 'failed' | 'cancelled'
  readonly failure?: Failure
  readonly statusCode?: number
  readonly upstreamRequestId?: string
  readonly responseId?: string
  readonly responseModel?: string
  readonly finishReason?: string
  /** As reported. */
  readonly usage?: Usage
  /** What it used by all that is known, and how sure that is; absent where it was refused. */
  readonly billed?: AttemptUsage
  readonly delivered: DeliveredCounts
  readonly receivedTerminal: boolean
  readonly preludeEvents: number
  readonly chunks: number
  readonly longestSilenceMs: number
}

export interface FallbackDecision {
  /** Absent on `stop`: it leads to no attempt. */
  readonly attemptNumber?: number
  readonly fromRoute: string
  readonly toRoute?: string
  readonly fromDeployment: string
  readonly toDeployment?: string
  readonly reason: FailureReason
  readonly strategy: Strategy
  readonly why: StrategyCause
  readonly forced: boolean
  readonly capability?: { readonly prefill: Capability; readonly source: CapabilitySource }
  readonly payload?: PayloadShape & {
    readonly messagesAdded: number
    readonly partialChars: number
  }
}

export interface FallbackRecorder {
  /** Ends the span; called once, with the seam where one was made. */
  end(seam?: Seam): void
}

export interface RequestSummary {
  readonly route?: string
  readonly stream: boolean
  readonly outcome: Outcome
  readonly attempts: number
  readonly fallbacksConfigured: readonly string[]
  readonly fallbacksDisabled: boolean
  readonly notTried?: NotTriedReason
  readonly targetsSkipped: readonly { readonly deployment: string; readonly reason: SkipReason }[]
  readonly rootCause?: { readonly attempt: number; readonly failure: Failure }
  readonly client: ClientSummary
  readonly headerHoldExpired: boolean
  readonly timeToFirstContentMs?: number
  readonly usage?: Usage & { readonly source: UsageSource }
  readonly shape?: PayloadShape
}

export interface ClientSummary {
  readonly statusCode?: number
  readonly errorType?: string
  /** 0 = an error of our own. */
  readonly errorAttempt?: number
  readonly message?: string
  readonly complete: boolean
  readonly terminal?: string
  readonly closingFrameAdded: boolean
  readonly envelopes: number
  readonly model?: string
  readonly goneMs?: number
  readonly bytes: number
}
