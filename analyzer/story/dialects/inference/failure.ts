import type { FailureReason } from '../../../../collector/vocabulary.ts'
import { firstText, numeric, text } from '../../attributes.ts'
import type { Attributes, Span } from '../../span.ts'
import { classifyFailure } from '../../classify-failure.ts'

export interface CallError {
  readonly type: string | undefined
  readonly statusCode: number | undefined
  readonly message: string | undefined
  readonly reason: FailureReason | undefined
  /** The application's own doing: its task was cancelled, or it aborted the call. */
  readonly cancelled: boolean
  /** The client library raises this class from the status of a response, so before any of it. */
  readonly fromStatus: boolean
}

/**
 * What went wrong, in the words of the span: `error.type`, else the exception that was recorded.
 * The last one, for a retry's comes after the one that it was made for.
 */
export function errorOf(span: Span): CallError {
  const { attributes } = span
  const exception = span.events.findLast((event) => event.name === 'exception')?.attributes
  const recorded = exception && text(exception, 'exception.type')
  const message = messageOf(span, exception)
  const told =
    named(text(attributes, 'error.type')) ??
    named(recorded) ??
    classIn(span.status.message) ??
    classIn(message)
  const type = told === undefined ? undefined : shortName(told)
  const statusCode =
    statusOf(attributes) ?? statusOf(exception) ?? httpStatus(Number(type)) ?? statusIn(message)
  const fromStatus = type !== undefined && FROM_STATUS.has(type)
  const cancelled = type !== undefined && CANCELLED.has(type)
  return {
    type,
    statusCode,
    message,
    reason: cancelled
      ? 'client-aborted'
      : (byPhrase(message) ??
        // `InternalServerError` stands for every status from 500 on.
        classifyFailure({
          type: fromStatus && statusCode !== undefined ? undefined : type,
          code: type,
          statusCode,
          message,
        }) ??
        BY_TYPE.get(type ?? '')),
    cancelled,
    fromStatus: fromStatus && /^(?:openai|anthropic)\./u.test(recorded ?? ''),
  }
}

function messageOf(span: Span, exception: Attributes | undefined): string | undefined {
  const told =
    firstText(span.attributes, ['error.message', 'exception.message']) ??
    (exception && text(exception, 'exception.message')) ??
    span.status.message
  return withoutTraceback(told) || undefined
}

/** The convention's word for no word, and the class that stands for all. */
function named(type: string | undefined): string | undefined {
  return type === undefined || type === '_OTHER' || type === 'Exception' ? undefined : type
}

/** OpenInference's LangChain instrumentation and LangSmith append the whole of it. */
export function withoutTraceback(message: string): string {
  return message.split('Traceback (most recent call last)', 1)[0]?.trimEnd() ?? ''
}

/** How the SDKs of OpenAI and Anthropic begin the message of a status error. */
function statusIn(message: string | undefined): number | undefined {
  const code = /^Error code: (\d{3})\b/u.exec(message ?? '')?.[1]
  return code === undefined ? undefined : httpStatus(Number(code))
}

/** What providers answer where a request does not fit, with a 400 that names no code. */
function byPhrase(message: string | undefined): FailureReason | undefined {
  const words = (message ?? '').toLowerCase()
  const tooLong = ['context_length_exceeded', 'maximum context length', 'prompt is too long']
  return tooLong.some((phrase) => words.includes(phrase)) ? 'context-too-long' : undefined
}

/** `openai.RateLimitError`, `java.net.SocketTimeoutException`, `*url.Error`: the class alone. */
function shortName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1)
}

/**
 * A message may begin with the class: OpenInference's `RateLimitError: Error code: 429 …`,
 * LangSmith's `GeneratorExit()`.
 */
function classIn(message: string | undefined): string | undefined {
  return /^([A-Z]\w{2,63}(?:Error|Exception|Timeout|Exit))(?:: |\()/u.exec(message ?? '')?.[1]
}

function statusOf(attributes: Attributes | undefined): number | undefined {
  if (attributes === undefined) return undefined
  for (const key of ['http.response.status_code', 'http.status_code']) {
    const status = httpStatus(numeric(attributes, key))
    if (status !== undefined) return status
  }
  return undefined
}

function httpStatus(code: number | undefined): number | undefined {
  return code !== undefined && code >= 300 && code <= 599 ? code : undefined
}

/** Of Python's asyncio and generators, of JavaScript, of Go. */
const CANCELLED: ReadonlySet<string> = new Set([
  'CancelledError',
  'GeneratorExit',
  'AbortError',
  'APIUserAbortError',
  'Canceled',
  'CancellationException',
])

/** Of the OpenAI and the Anthropic SDK: subclasses of their status error. */
const FROM_STATUS: ReadonlySet<string> = new Set([
  'AuthenticationError',
  'BadRequestError',
  'ConflictError',
  'InternalServerError',
  'NotFoundError',
  'PermissionDeniedError',
  'RateLimitError',
  'UnprocessableEntityError',
])

/** Words of the convention's examples, and classes of client libraries in other languages. */
const BY_TYPE: ReadonlyMap<string, FailureReason> = new Map([
  ['timeout', 'timeout-total'],
  ['TimeoutError', 'timeout-total'],
  ['SocketTimeoutException', 'timeout-idle'],
  ['APIConnectionTimeoutError', 'timeout-total'],
  ['ConnectionError', 'connection'],
  ['ConnectException', 'connection'],
  ['IncompleteRead', 'stream-cut'],
  ['connection_error', 'connection'],
  ['timeout_error', 'timeout-total'],
  ['api_error', 'server-error'],
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate-limited'],
  ['authentication_error', 'auth'],
  ['permission_error', 'auth'],
  ['not_found_error', 'not-found'],
  ['invalid_request_error', 'bad-request'],
  ['content_filter', 'content-filtered'],
  // Of Java's client libraries, and of Bedrock's and Google's.
  ['RateLimitException', 'rate-limited'],
  ['ThrottlingException', 'rate-limited'],
  ['ResourceExhausted', 'rate-limited'],
  ['UnauthorizedException', 'auth'],
  ['PermissionDeniedException', 'auth'],
  ['NotFoundException', 'not-found'],
  ['BadRequestException', 'bad-request'],
  ['InternalServerException', 'server-error'],
  ['ServiceUnavailableException', 'overloaded'],
  ['ModelTimeoutException', 'timeout-total'],
  ['ModelStreamErrorException', 'error-event'],
])
