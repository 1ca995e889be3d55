import { STATUS_CODES, type StatusCode } from './otlp-response.ts'
import type { RefusalReason } from './receiver.ts'
import { toSeconds, type Later } from './refusal.ts'

/** An answer of OTLP/gRPC that is an error. */
export interface GrpcRefusal {
  readonly reason: RefusalReason
  readonly code: StatusCode
  readonly message: string
  /** Told as `RetryInfo`. */
  readonly retryAfterS?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Not RESOURCE_EXHAUSTED: that one is for good, unless a sender reads `RetryInfo`. */
export function unavailable(reason: RefusalReason, { message, retryAfterMs }: Later): GrpcRefusal {
  const retryAfterS = toSeconds(retryAfterMs)
  return { reason, code: STATUS_CODES.unavailable, message, retryAfterS }
}

/** What is no call of ours, or none that can be read: the same again will be the same. */
export function notOtlp(
  message: string,
  code: StatusCode = STATUS_CODES.unimplemented,
): GrpcRefusal {
  return { reason: 'not-otlp', code, message }
}
