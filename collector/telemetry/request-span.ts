import type { Context } from '@opentelemetry/api'
import type {
  AttemptRecorder,
  AttemptStart,
  FallbackDecision,
  FallbackRecorder,
  RequestRecorder,
  RequestStart,
  RequestSummary,
} from '../routing/recorder.ts'
import * as v from '../vocabulary.ts'
import { AttemptSpan } from './attempt-span.ts'
import { FallbackSpan } from './fallback-span.ts'
import type { RecordedSpan } from './recorded-span.ts'
import { type SpanStarter, childContext } from './span-starter.ts'
import { formatTraceparent } from './trace-context.ts'

export interface RequestSpanOptions {
  readonly starter: SpanStarter
  /** With the caller's span as parent, where there is one. */
  readonly context: Context
  readonly hashKey: (apiKey: string) => string
  /**
   * Called once, with all spans of the request, each of them ended: only now is the outcome known,
   * and only now may anyone decide what to keep.
   */
  readonly onEnd: (spans: readonly RecordedSpan[], summary: RequestSummary, traceId: string) => void
}

/** One request: its SERVER span, and the spans of its attempts and decisions under it. */
export class RequestSpan implements RequestRecorder {
  readonly traceId: string
  readonly traceparent: string
  readonly #start: RequestStart
  readonly #options: RequestSpanOptions
  readonly #context: Context
  readonly #span: RecordedSpan<'request'>
  readonly #attempts: AttemptSpan[] = []
  readonly #fallbacks: FallbackSpan[] = []
  #ended = false

  constructor(start: RequestStart, options: RequestSpanOptions) {
    this.#start = start
    this.#options = options
    this.#span = options.starter.start({
      name: 'request',
      title: `POST ${start.path}`,
      context: options.context,
    })
    this.#context = childContext(options.context, this.#span)
    const spanContext = this.#span.span.spanContext()
    this.traceId = spanContext.traceId
    this.traceparent = formatTraceparent(spanContext)
  }

  startAttempt(start: AttemptStart): AttemptRecorder {
    const { starter, hashKey } = this.#options
    const attempt = new AttemptSpan(start, { starter, context: this.#context, hashKey })
    this.#attempts.push(attempt)
    return attempt
  }

  recordFallback(decision: FallbackDecision): FallbackRecorder {
    const fallback = new FallbackSpan(decision, this.#options.starter, this.#context)
    this.#fallbacks.push(fallback)
    return fallback
  }

  end(summary: RequestSummary): void {
    if (this.#ended) return
    this.#ended = true
    const { starter, onEnd } = this.#options
    for (const attempt of this.#attempts) attempt.abandon()
    for (const fallback of this.#fallbacks) fallback.end()
    this.#setRouting(summary)
    this.#setShape(summary)
    this.#setRootCause(summary)
    this.#setClient(summary)
    this.#setStatus(summary)
    this.#span.end(starter.now())
    onEnd(starter.spans, summary, this.traceId)
  }

  #setRouting(summary: RequestSummary): void {
    const span = this.#span
    span.set(v.ATTR_SCHEMA, v.SCHEMA_VERSION)
    span.set(v.ATTR_API, this.#start.api)
    span.set(v.ATTR_HTTP_REQUEST_METHOD, 'POST')
    span.set(v.ATTR_HTTP_ROUTE, this.#start.path)
    span.set(v.ATTR_URL_PATH, this.#start.path)
    span.set(v.ATTR_ROUTE, summary.route)
    span.set(v.ATTR_STREAM, summary.stream)
    span.set(v.ATTR_OUTCOME, summary.outcome)
    span.set(v.ATTR_ATTEMPTS, summary.attempts)
    span.set(v.ATTR_FALLBACKS_CONFIGURED, [...summary.fallbacksConfigured])
    span.set(v.ATTR_FALLBACKS_DISABLED, summary.fallbacksDisabled)
    span.set(v.ATTR_FALLBACKS_NOT_TRIED, summary.notTried)
    const skipped = summary.targetsSkipped
    span.set(
      v.ATTR_TARGETS_SKIPPED,
      skipped.map(({ deployment, reason }) => `${deployment}=${reason}`),
    )
    span.set(v.ATTR_HEADER_HOLD_EXPIRED, summary.headerHoldExpired)
    span.set(v.ATTR_TIME_TO_FIRST_CONTENT_MS, summary.timeToFirstContentMs)
    span.set(v.ATTR_USAGE_INPUT_TOKENS, summary.usage?.inputTokens)
    span.set(v.ATTR_USAGE_OUTPUT_TOKENS, summary.usage?.outputTokens)
    span.set(v.ATTR_USAGE_SOURCE, summary.usage?.source)
  }

  /** Shape of the client's own request: counts and names, never content. */
  #setShape({ shape }: RequestSummary): void {
    if (shape === undefined) return
    const span = this.#span
    span.set(v.ATTR_SHAPE_MESSAGES, shape.messages)
    span.set(v.ATTR_SHAPE_LAST_ROLE, shape.lastRole)
    span.set(v.ATTR_SHAPE_PREFILL, shape.prefill)
    span.set(v.ATTR_SHAPE_BYTES, shape.bytes)
    span.set(v.ATTR_SHAPE_TOOLS, shape.tools)
    span.set(v.ATTR_SHAPE_TOOL_CHOICE, shape.toolChoice)
    span.set(v.ATTR_SHAPE_RESPONSE_FORMAT, shape.responseFormat)
    span.set(v.ATTR_SHAPE_MAX_TOKENS, shape.maxTokens)
  }

  #setRootCause({ rootCause }: RequestSummary): void {
    if (rootCause === undefined) return
    const { attempt, failure } = rootCause
    const span = this.#span
    span.set(v.ATTR_ROOT_CAUSE_REASON, failure.reason)
    span.set(v.ATTR_ROOT_CAUSE_PHASE, failure.phase)
    span.set(v.ATTR_ROOT_CAUSE_ATTEMPT, attempt)
    span.set(v.ATTR_ROOT_CAUSE_ERROR_TYPE, failure.errorType)
    span.set(v.ATTR_ROOT_CAUSE_STATUS_CODE, failure.statusCode)
    span.set(v.ATTR_ROOT_CAUSE_MESSAGE, failure.message)
  }

  #setClient({ client }: RequestSummary): void {
    const span = this.#span
    span.set(v.ATTR_HTTP_RESPONSE_STATUS_CODE, client.statusCode)
    span.set(v.ATTR_CLIENT_STATUS_CODE, client.statusCode)
    span.set(v.ATTR_CLIENT_ERROR_TYPE, client.errorType)
    span.set(v.ATTR_CLIENT_ERROR_ATTEMPT, client.errorAttempt)
    span.set(v.ATTR_CLIENT_MESSAGE, client.message)
    span.set(v.ATTR_CLIENT_COMPLETE, client.complete)
    span.set(v.ATTR_CLIENT_TERMINAL, client.terminal)
    span.set(v.ATTR_CLIENT_CLOSING_FRAME_ADDED, client.closingFrameAdded)
    span.set(v.ATTR_CLIENT_ENVELOPES, client.envelopes)
    span.set(v.ATTR_CLIENT_MODEL, client.model)
    span.set(v.ATTR_CLIENT_GONE_MS, client.goneMs)
    span.set(v.ATTR_CLIENT_BYTES, client.bytes)
  }

  /**
   * ERROR is for what is wrong on the server's side (the HTTP convention): a failed request. The
   * client's own mistake and a client that left are neither, and their outcome says so.
   */
  #setStatus(summary: RequestSummary): void {
    if (summary.outcome !== 'failed') return
    const failure = summary.rootCause?.failure
    const { client } = summary
    this.#span.set(v.ATTR_ERROR_TYPE, failure?.errorType ?? failure?.reason ?? client.errorType)
    this.#span.fail(failure?.message ?? client.message ?? 'the request failed')
  }
}
