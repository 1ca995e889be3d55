import { type Context, type Span, SpanKind } from '@opentelemetry/api'
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
import { requestShapeValues } from './payload-shape.ts'
import { type SpanWriter, childContext } from './span-writer.ts'
import { formatTraceparent } from './trace-context.ts'

export interface RequestSpanOptions {
  readonly writer: SpanWriter
  /** With the caller's span as parent, where there is one. */
  readonly context: Context
  readonly hashKey: (apiKey: string) => string
}

/** One request: its SERVER span, and the spans of its attempts and decisions under it. */
export class RequestSpan implements RequestRecorder {
  readonly traceId: string
  readonly traceparent: string
  readonly #start: RequestStart
  readonly #options: RequestSpanOptions
  readonly #context: Context
  readonly #span: Span
  readonly #attempts: AttemptSpan[] = []
  readonly #fallbacks: FallbackSpan[] = []
  #ended = false

  constructor(start: RequestStart, options: RequestSpanOptions) {
    this.#start = start
    this.#options = options
    this.#span = options.writer.start({
      name: `POST ${start.path}`,
      kind: SpanKind.SERVER,
      context: options.context,
    })
    this.#context = childContext(options.context, this.#span)
    this.traceId = this.#span.spanContext().traceId
    this.traceparent = formatTraceparent(this.#span.spanContext())
  }

  startAttempt(start: AttemptStart): AttemptRecorder {
    const { writer, hashKey } = this.#options
    const attempt = new AttemptSpan(start, { writer, context: this.#context, hashKey })
    this.#attempts.push(attempt)
    return attempt
  }

  recordFallback(decision: FallbackDecision): FallbackRecorder {
    const fallback = new FallbackSpan(decision, this.#options.writer, this.#context)
    this.#fallbacks.push(fallback)
    return fallback
  }

  end(summary: RequestSummary): void {
    if (this.#ended) return
    this.#ended = true
    // Children first: the processor takes the request span's end for the end of the request.
    for (const attempt of this.#attempts) attempt.abandon()
    for (const fallback of this.#fallbacks) fallback.end()
    this.#writeStart(summary)
    this.#writeRootCause(summary)
    this.#writeClient(summary)
    this.#writeStatus(summary)
    this.#span.end(this.#options.writer.now())
  }

  #writeStart(summary: RequestSummary): void {
    this.#options.writer.write(this.#span, 'request', {
      [v.ATTR_SCHEMA]: v.SCHEMA_VERSION,
      [v.ATTR_API]: this.#start.api,
      [v.ATTR_HTTP_REQUEST_METHOD]: 'POST',
      [v.ATTR_HTTP_ROUTE]: this.#start.path,
      [v.ATTR_URL_PATH]: this.#start.path,
      [v.ATTR_ROUTE]: summary.route,
      [v.ATTR_STREAM]: summary.stream,
      [v.ATTR_OUTCOME]: summary.outcome,
      [v.ATTR_ATTEMPTS]: summary.attempts,
      [v.ATTR_FALLBACKS_CONFIGURED]: [...summary.fallbacksConfigured],
      [v.ATTR_FALLBACKS_DISABLED]: summary.fallbacksDisabled,
      [v.ATTR_FALLBACKS_NOT_TRIED]: summary.notTried,
      [v.ATTR_TARGETS_SKIPPED]: summary.targetsSkipped.map(
        ({ deployment, reason }) => `${deployment}=${reason}`,
      ),
      [v.ATTR_HEADER_HOLD_EXPIRED]: summary.headerHoldExpired,
      [v.ATTR_TIME_TO_FIRST_CONTENT_MS]: summary.timeToFirstContentMs,
      [v.ATTR_USAGE_INPUT_TOKENS]: summary.usage?.inputTokens,
      [v.ATTR_USAGE_OUTPUT_TOKENS]: summary.usage?.outputTokens,
      [v.ATTR_USAGE_SOURCE]: summary.usage?.source,
      ...requestShapeValues(summary.shape),
    })
  }

  #writeRootCause(summary: RequestSummary): void {
    if (summary.rootCause === undefined) return
    const { attempt, failure } = summary.rootCause
    this.#options.writer.write(this.#span, 'request', {
      [v.ATTR_ROOT_CAUSE_REASON]: failure.reason,
      [v.ATTR_ROOT_CAUSE_PHASE]: failure.phase,
      [v.ATTR_ROOT_CAUSE_ATTEMPT]: attempt,
      [v.ATTR_ROOT_CAUSE_ERROR_TYPE]: failure.errorType,
      [v.ATTR_ROOT_CAUSE_STATUS_CODE]: failure.statusCode,
      [v.ATTR_ROOT_CAUSE_MESSAGE]: failure.message,
    })
  }

  #writeClient({ client }: RequestSummary): void {
    this.#options.writer.write(this.#span, 'request', {
      [v.ATTR_HTTP_RESPONSE_STATUS_CODE]: client.statusCode,
      [v.ATTR_CLIENT_STATUS_CODE]: client.statusCode,
      [v.ATTR_CLIENT_ERROR_TYPE]: client.errorType,
      [v.ATTR_CLIENT_ERROR_ATTEMPT]: client.errorAttempt,
      [v.ATTR_CLIENT_MESSAGE]: client.message,
      [v.ATTR_CLIENT_COMPLETE]: client.complete,
      [v.ATTR_CLIENT_TERMINAL]: client.terminal,
      [v.ATTR_CLIENT_CLOSING_FRAME_ADDED]: client.closingFrameAdded,
      [v.ATTR_CLIENT_ENVELOPES]: client.envelopes,
      [v.ATTR_CLIENT_MODEL]: client.model,
      [v.ATTR_CLIENT_GONE_MS]: client.goneMs,
      [v.ATTR_CLIENT_BYTES]: client.bytes,
    })
  }

  /**
   * ERROR is for what is wrong on the server's side (the HTTP convention): a failed request. The
   * client's own mistake and a client that left are neither, and their outcome says so.
   */
  #writeStatus(summary: RequestSummary): void {
    if (summary.outcome !== 'failed') return
    const failure = summary.rootCause?.failure
    const { writer } = this.#options
    writer.write(this.#span, 'request', {
      [v.ATTR_ERROR_TYPE]: failure?.errorType ?? failure?.reason ?? summary.client.errorType,
    })
    writer.fail(this.#span, failure?.message ?? summary.client.message ?? 'the request failed')
  }
}
