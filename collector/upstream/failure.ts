import type { FailureReason, Phase } from '../vocabulary.ts'
import type { ProviderError } from '../protocol/event.ts'

/** Why an attempt failed, as data: thrown nowhere, decided on everywhere. */
export interface Failure {
  readonly reason: FailureReason
  readonly phase: Phase
  /** The upstream's HTTP status where there was one. */
  readonly statusCode?: number
  /** The upstream's own error type, else the transport's code (`ECONNRESET`). */
  readonly errorType?: string
  /** The upstream's own words; scrubbed only where it is exported. */
  readonly message: string
  readonly retryAfterMs?: number
  readonly error?: ProviderError
}
