import type { FailureReason, Phase } from '../vocabulary.ts'
import type { ProviderError } from '../protocol/event.ts'
import type { Failure } from './failure.ts'
import type { ResponseHead, TransportError } from './send.ts'
import {
  isContentPolicy,
  isContextLength,
  isPrefillRefusal,
  isQuota,
  isStateUnknown,
} from './error-texts.ts'
import { parseRetryAfter } from './retry-after.ts'

/**
 * The first bytes of an error body: enough for any provider's JSON and the head of an HTML page.
 */
export const ERROR_BODY_BYTES_MAX = 64 * 1024

/** What a message may hold of an upstream's own words; spans cut it shorter. */
const MESSAGE_CHARS_MAX = 2000

/** An answer with an error status. `error` is what the target's protocol could read of its body. */
export function classifyResponse(
  head: ResponseHead,
  error: ProviderError,
  wallNowMs: number,
): Failure {
  const retryAfterMs = parseRetryAfter(head.headers, wallNowMs)
  const errorType = error.type ?? error.code
  return {
    reason: reasonOf(head.statusCode, error),
    phase: 'before_headers',
    statusCode: head.statusCode,
    ...(errorType !== undefined && { errorType }),
    message: bounded(error.message),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    error,
  }
}

function reasonOf(statusCode: number, error: ProviderError): FailureReason {
  if (statusCode >= 300 && statusCode < 400) return 'redirect'
  if (statusCode < 400) return 'bad-response'
  if (isQuota(statusCode, error)) return 'quota-exhausted'
  if (statusCode >= 500) return isOverload(statusCode, error) ? 'overloaded' : 'server-error'
  switch (statusCode) {
    case 401:
    case 403:
      return 'auth'
    // A method or a path that is not there is a wrong `api_base`, which is no fault of the client.
    case 404:
    case 405:
    case 410:
      return isStateUnknown(error) ? 'bad-request' : 'not-found'
    case 408:
    case 409:
      return 'server-error'
    case 429:
      return 'rate-limited'
    default:
      return badRequestReason(error)
  }
}

function isOverload(statusCode: number, error: ProviderError): boolean {
  return statusCode === 503 || statusCode === 529 || error.type === 'overloaded_error'
}

function badRequestReason(error: ProviderError): FailureReason {
  if (isPrefillRefusal(error)) return 'prefill-rejected'
  if (isContextLength(error)) return 'context-too-long'
  if (isContentPolicy(error)) return 'content-filtered'
  return 'bad-request'
}

/** The connection failed, or broke: before headers nothing was promised, after them it is a cut. */
export function classifyTransport(error: TransportError, phase: Phase): Failure {
  return {
    reason: phase === 'before_headers' ? 'connection' : 'stream-cut',
    phase,
    errorType: error.code,
    message:
      phase === 'before_headers'
        ? `no answer: ${error.message} (${error.code})`
        : `the connection broke before the answer was complete: ${error.message} (${error.code})`,
  }
}

/**
 * HTTP ended cleanly and the protocol did not: the answer is not whole, whatever HTTP says (I1).
 */
export function missingTerminal(phase: Phase): Failure {
  return {
    reason: 'missing-terminal',
    phase,
    message: 'the response ended without the event that says that the answer is complete',
  }
}

/** An error inside HTTP 200: `data: {"error":…}`, `event: error`, `finish_reason: "error"`. */
export function errorEvent(error: ProviderError, phase: Phase): Failure {
  const errorType = error.type ?? error.code
  // A gateway that answers 200 before it asks tells the refusal of a prefill in its stream.
  const isRefusal = phase !== 'mid_stream' && isPrefillRefusal(error)
  return {
    reason: isRefusal ? 'prefill-rejected' : 'error-event',
    phase,
    ...(error.statusCode !== undefined && { statusCode: error.statusCode }),
    ...(errorType !== undefined && { errorType }),
    message: bounded(error.message),
    error,
  }
}

export function malformedFrame(detail: string, phase: Phase): Failure {
  return { reason: 'malformed-frame', phase, message: `not a valid event: ${bounded(detail)}` }
}

/** Status 200 over something that is no answer: an HTML page, a compressed or oversized body. */
export function badResponse(message: string, phase: Phase, head?: ResponseHead): Failure {
  return {
    reason: 'bad-response',
    phase,
    ...(head !== undefined && { statusCode: head.statusCode }),
    message: bounded(message),
  }
}

export type TimeoutReason = Extract<FailureReason, `timeout-${string}`>

const SILENCE: Record<TimeoutReason, string> = {
  'timeout-connect': 'no connection',
  'timeout-first-event': 'not one event',
  'timeout-first-content': 'no content',
  'timeout-idle': 'no progress',
  'timeout-total': 'not complete',
}

/** A limit of ours ran out. */
export function timedOut(reason: TimeoutReason, phase: Phase, limitMs: number): Failure {
  return { reason, phase, message: `${SILENCE[reason]} within ${limitMs} ms` }
}

function bounded(message: string): string {
  return message.length <= MESSAGE_CHARS_MAX ? message : `${message.slice(0, MESSAGE_CHARS_MAX)}…`
}
