import type { FailureReason } from '../../collector/vocabulary.ts'

export interface FailureSigns {
  /** Class of the exception, short. */
  readonly type: string | undefined
  /** As exported: a status, or a provider's own word (`rate_limit_exceeded`, `invalid_api_key`). */
  readonly code: string | undefined
  readonly statusCode: number | undefined
  readonly message: string | undefined
}

/**
 * The reason behind LiteLLM's exception. The message is looked at only for fixed phrases of
 * providers and client libraries; what fits nothing stays unnamed.
 */
export function classifyFailure(signs: FailureSigns): FailureReason | undefined {
  const { type, code, statusCode, message } = signs
  const words = (message ?? '').toLowerCase()
  if (isPrefillRefusal(words)) return 'prefill-rejected'
  return (
    byWords(words) ??
    BY_CODE.get(code ?? '') ??
    BY_TYPE.get(type ?? '') ??
    (type !== undefined && RAISED_IN_STREAM.has(type) && statusCode !== 429
      ? 'error-event'
      : byStatus(statusCode))
  )
}

/** The words of Anthropic's 400, which Vertex and Bedrock pass on; LiteLLM #27967. */
export function isPrefillRefusal(message: string): boolean {
  const words = message.toLowerCase()
  return (
    words.includes('does not support assistant message prefill') ||
    words.includes('conversation must end with a user message')
  )
}

const PHRASES: readonly (readonly [string, FailureReason])[] = [
  ['stream ended before a finish_reason', 'missing-terminal'],
  ['before any terminal event', 'missing-terminal'],
  ['not enough data to satisfy', 'stream-cut'],
  ['incomplete chunked read', 'stream-cut'],
  ['insufficient_quota', 'quota-exhausted'],
  ['exceeded your current quota', 'quota-exhausted'],
  // Anthropic's 400 for an account without money, and for one at its own limit.
  ['credit balance is too low', 'quota-exhausted'],
  ['reached your specified api usage limits', 'quota-exhausted'],
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate-limited'],
  ['timeout on reading data', 'timeout-idle'],
  ['incorrect api key', 'auth'],
  // Gemini's 400.
  ['api key not valid', 'auth'],
]

function byWords(words: string): FailureReason | undefined {
  return PHRASES.find(([phrase]) => words.includes(phrase))?.[1]
}

const BY_CODE: ReadonlyMap<string, FailureReason> = new Map([
  ['invalid_api_key', 'auth'],
  ['insufficient_quota', 'quota-exhausted'],
  ['rate_limit_exceeded', 'rate-limited'],
  ['context_length_exceeded', 'context-too-long'],
])

/** Classes of LiteLLM, of the OpenAI SDK and of httpx. */
const BY_TYPE: ReadonlyMap<string, FailureReason> = new Map([
  ['RateLimitError', 'rate-limited'],
  ['AuthenticationError', 'auth'],
  ['PermissionDeniedError', 'auth'],
  ['NotFoundError', 'not-found'],
  ['ContextWindowExceededError', 'context-too-long'],
  ['ContentPolicyViolationError', 'content-filtered'],
  ['BadRequestError', 'bad-request'],
  ['UnprocessableEntityError', 'bad-request'],
  ['UnsupportedParamsError', 'bad-request'],
  ['ServiceUnavailableError', 'overloaded'],
  ['InternalServerError', 'server-error'],
  ['Timeout', 'timeout-idle'],
  ['APITimeoutError', 'timeout-idle'],
  ['ReadTimeout', 'timeout-idle'],
  ['ConnectTimeout', 'timeout-connect'],
  ['ConnectError', 'connection'],
  ['ReadError', 'stream-cut'],
  ['RemoteProtocolError', 'stream-cut'],
  ['APIConnectionError', 'connection'],
])

/** Raised while a stream is read: the provider put an error into an answer that began with 200. */
const RAISED_IN_STREAM: ReadonlySet<string> = new Set([
  'APIError',
  'AnthropicError',
  'MidStreamFallbackError',
])

function byStatus(statusCode: number | undefined): FailureReason | undefined {
  if (statusCode === undefined || statusCode < 300) return undefined
  if (statusCode < 400) return 'redirect'
  if (statusCode >= 500) {
    return statusCode === 503 || statusCode === 529 ? 'overloaded' : 'server-error'
  }
  return BY_STATUS.get(statusCode) ?? 'bad-request'
}

const BY_STATUS: ReadonlyMap<number, FailureReason> = new Map([
  [401, 'auth'],
  [402, 'quota-exhausted'],
  [403, 'auth'],
  [404, 'not-found'],
  [408, 'server-error'],
  [409, 'server-error'],
  [429, 'rate-limited'],
])
