import { STATUS_CODES, type StatusCode } from './otlp-response.ts'
import type { RefusalReason } from './receiver.ts'

export interface RefusalParts {
  readonly reason: RefusalReason
  readonly code: StatusCode
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
  /** Of the request, what is wrong: `body`, or the name of a header. */
  readonly field?: string
  /** The same again will be fine after this long. */
  readonly retryAfterS?: number
}

/**
 * An answer of OTLP/HTTP that is an error. Senders throw away what is answered with any status but
 * 429, 502, 503 and 504, so the status says whether the same again could ever be fine.
 */
export class Refusal extends Error {
  readonly status: number
  readonly reason: RefusalReason
  readonly code: StatusCode
  readonly headers: Readonly<Record<string, string>>
  readonly field: string | undefined
  readonly retryAfterS: number | undefined

  constructor(status: number, parts: RefusalParts) {
    super(parts.message)
    const { reason, code, headers = {}, field, retryAfterS } = parts
    this.status = status
    this.reason = reason
    this.code = code
    this.field = field
    this.retryAfterS = retryAfterS
    this.headers =
      retryAfterS === undefined ? headers : { ...headers, 'retry-after': String(retryAfterS) }
  }
}

/** The sender is told where: BadRequest belongs to every 400. */
export function malformed(message: string, field = 'body'): Refusal {
  return new Refusal(400, {
    reason: 'malformed',
    code: STATUS_CODES.invalidArgument,
    message,
    field,
  })
}

export function tooLarge(bytesMax: number): Refusal {
  return new Refusal(413, {
    reason: 'too-large',
    code: STATUS_CODES.resourceExhausted,
    message: describeTooLarge(bytesMax),
  })
}

export function describeTooLarge(bytesMax: number): string {
  return `the body is larger than ${bytesMax} bytes after decompression; send smaller batches, or raise analyzer.ingest.body_mib`
}

export interface Later {
  readonly message: string
  readonly retryAfterMs: number
}

/** What passes without anybody doing anything at the sender. */
type PassingReason = Extract<RefusalReason, 'slow' | 'busy' | 'unavailable' | 'token-rotating'>

/**
 * The same again will be fine. Not 429, which OTLP allows as well where there is more to do than
 * fits: the exporter of Python that many a LiteLLM has (opentelemetry-python 1.28) throws away on
 * it, and comes again on 503.
 */
export function later(reason: PassingReason, { message, retryAfterMs }: Later): Refusal {
  return new Refusal(503, {
    reason,
    code: STATUS_CODES.unavailable,
    message,
    retryAfterS: toSeconds(retryAfterMs),
  })
}

/** The header of HTTP knows whole seconds only; 0 would be at once. */
export function toSeconds(retryAfterMs: number): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1000))
}

/** What both receivers say in the same words. */
export const TOO_MUCH_ARRIVES = 'more arrives than can be written; come again'
export const TOO_SLOW = 'the request did not arrive in time; come again'
export const TOKEN_NOT_KNOWN_YET = 'this token is not known yet; tokens have just been changed'
export const HOST_NOT_SERVED = 'this Host is not served here; allow it with --allowed-host'
export const PROBLEM_OF_OURS = 'the analyzer had a problem of its own'

export function readsTracesOnly(signal: string): string {
  return `this analyzer reads traces only; switch the exporter of ${signal} off for this endpoint`
}
