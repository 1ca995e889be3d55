import type { Context, HrTime } from '@opentelemetry/api'
import type { AttemptRecorder, AttemptStart, AttemptSummary } from '../routing/recorder.ts'
import * as v from '../vocabulary.ts'
import type { ContentKind } from '../vocabulary.ts'
import type { RecordedSpan } from './recorded-span.ts'
import { type SpanStarter, childContext } from './span-starter.ts'
import { formatTraceparent } from './trace-context.ts'

/** LiteLLM's provider prefix where the GenAI convention has another word for the same. */
const GEN_AI_PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['mistral', 'mistral_ai'],
  ['moonshot', 'moonshot_ai'],
  ['xai', 'x_ai'],
])

export interface AttemptSpanOptions {
  readonly starter: SpanStarter
  /** With the request span as parent. */
  readonly context: Context
  readonly hashKey: (apiKey: string) => string
}

/** One attempt: its CLIENT span and, where it streams, `first_chunk` and `stream` under it. */
export class AttemptSpan implements AttemptRecorder {
  readonly #start: AttemptStart
  readonly #starter: SpanStarter
  readonly #context: Context
  readonly #span: RecordedSpan<'attempt'>
  #phase: AttemptPhase

  constructor(start: AttemptStart, options: AttemptSpanOptions) {
    const { starter } = options
    this.#start = start
    this.#starter = starter
    const startTime = starter.now()
    const span = starter.start({
      name: 'attempt',
      title: `${v.SPAN_ATTEMPT_PREFIX} ${start.model}`,
      context: options.context,
      startTime,
    })
    this.#span = span
    span.set(v.ATTR_GEN_AI_OPERATION_NAME, 'chat')
    span.set(v.ATTR_GEN_AI_PROVIDER_NAME, GEN_AI_PROVIDERS.get(start.provider) ?? start.provider)
    span.set(v.ATTR_GEN_AI_REQUEST_MODEL, start.model)
    span.set(v.ATTR_SERVER_ADDRESS, start.serverAddress)
    span.set(v.ATTR_SERVER_PORT, start.serverPort)
    span.set(v.ATTR_ATTEMPT_NUMBER, start.number)
    span.set(v.ATTR_ATTEMPT_KIND, start.kind)
    span.set(v.ATTR_ATTEMPT_ROUTE, start.route)
    span.set(v.ATTR_ATTEMPT_DEPLOYMENT, start.deployment)
    if (start.apiKey !== undefined) {
      span.set(v.ATTR_ATTEMPT_KEY_HASH, options.hashKey(start.apiKey))
    }
    span.set(v.ATTR_BREAKER_STATE, start.breakerState)
    if (start.droppedFields.length > 0) span.set(v.ATTR_DROPPED_FIELDS, [...start.droppedFields])
    this.#context = childContext(options.context, span)
    this.#phase = start.stream
      ? { kind: 'waiting', firstChunk: this.#startChild('first_chunk', startTime) }
      : { kind: 'whole' }
  }

  traceparent(): string {
    return formatTraceparent(this.#span.span.spanContext())
  }

  firstContent(kind: ContentKind, preludeEvents: number): void {
    if (this.#phase.kind !== 'waiting') return
    const { firstChunk } = this.#phase
    const now = this.#starter.now()
    firstChunk.set(v.ATTR_CONTENT_KIND, kind)
    firstChunk.set(v.ATTR_PRELUDE_EVENTS, preludeEvents)
    firstChunk.end(now)
    this.#phase = { kind: 'streaming', stream: this.#startChild('stream', now) }
  }

  end(summary: AttemptSummary): void {
    const phase = this.#phase
    if (phase.kind === 'ended') return
    this.#phase = { kind: 'ended' }
    if (phase.kind === 'waiting') this.#endFirstChunk(phase.firstChunk, summary)
    if (phase.kind === 'streaming') this.#endStream(phase.stream, summary)
    this.#setSummary(summary)
    if (summary.result === 'failed') {
      this.#span.fail(summary.failure?.message ?? 'the attempt failed')
    }
    this.#span.end(this.#starter.now())
  }

  /** The request ended without this attempt's end: no span may stay open for ever. */
  abandon(): void {
    if (this.#phase.kind === 'ended') return
    if (this.#phase.kind === 'waiting') this.#phase.firstChunk.end(this.#starter.now())
    if (this.#phase.kind === 'streaming') this.#phase.stream.end(this.#starter.now())
    this.#phase = { kind: 'ended' }
    this.#span.end(this.#starter.now())
  }

  #startChild<N extends 'first_chunk' | 'stream'>(name: N, startTime: HrTime): RecordedSpan<N> {
    const child = this.#starter.start({
      name,
      title: name === 'stream' ? v.SPAN_STREAM : v.SPAN_FIRST_CHUNK,
      context: this.#context,
      startTime,
    })
    child.set(v.ATTR_ATTEMPT_NUMBER, this.#start.number)
    return child
  }

  /** Content never came. */
  #endFirstChunk(span: RecordedSpan<'first_chunk'>, summary: AttemptSummary): void {
    span.set(v.ATTR_PRELUDE_EVENTS, summary.preludeEvents)
    span.set(v.ATTR_FAILURE_REASON, summary.failure?.reason)
    if (summary.result === 'failed') span.fail('no content came')
    span.end(this.#starter.now())
  }

  #endStream(span: RecordedSpan<'stream'>, summary: AttemptSummary): void {
    const { failure } = summary
    span.set(v.ATTR_CHUNKS, summary.chunks)
    span.set(v.ATTR_LONGEST_SILENCE_MS, summary.longestSilenceMs)
    if (summary.receivedTerminal) span.set(v.ATTR_TERMINAL, summary.finishReason)
    span.set(v.ATTR_FAILURE_REASON, failure?.reason)
    if (summary.result === 'failed') span.fail(failure?.message ?? 'the stream broke')
    span.end(this.#starter.now())
  }

  #setSummary(summary: AttemptSummary): void {
    const { billed, delivered, usage } = summary
    const span = this.#span
    span.set(v.ATTR_GEN_AI_RESPONSE_MODEL, summary.responseModel)
    span.set(v.ATTR_GEN_AI_RESPONSE_ID, summary.responseId)
    span.set(v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS, this.#finishReasons(summary))
    span.set(v.ATTR_GEN_AI_USAGE_INPUT_TOKENS, usage?.inputTokens)
    span.set(v.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, usage?.outputTokens)
    span.set(v.ATTR_USAGE_INPUT_TOKENS, billed?.inputTokens)
    span.set(v.ATTR_USAGE_OUTPUT_TOKENS, billed?.outputTokens)
    span.set(v.ATTR_USAGE_SOURCE, billed?.source)
    span.set(v.ATTR_HTTP_RESPONSE_STATUS_CODE, summary.statusCode)
    span.set(v.ATTR_UPSTREAM_REQUEST_ID, summary.upstreamRequestId)
    this.#setFailure(summary)
    span.set(v.ATTR_DELIVERED_CHUNKS, delivered.chunks)
    span.set(v.ATTR_DELIVERED_CHARS, delivered.chars)
    span.set(v.ATTR_DELIVERED_KINDS, [...delivered.kinds])
    span.set(v.ATTR_DELIVERED_TOOL_CALLS, delivered.toolCalls)
    span.set(v.ATTR_RECEIVED_TERMINAL, summary.receivedTerminal)
  }

  #setFailure({ failure, result }: AttemptSummary): void {
    if (failure === undefined) return
    const span = this.#span
    if (result === 'failed') span.set(v.ATTR_ERROR_TYPE, failure.errorType ?? failure.reason)
    span.set(v.ATTR_FAILURE_REASON, failure.reason)
    span.set(v.ATTR_FAILURE_PHASE, failure.phase)
    span.set(v.ATTR_FAILURE_MESSAGE, failure.message)
    if (failure.retryAfterMs !== undefined) {
      span.set(v.ATTR_FAILURE_RETRY_AFTER_MS, Math.round(failure.retryAfterMs))
    }
  }

  /** The convention's word for "a stream ended before the final event" is `error`. */
  #finishReasons(summary: AttemptSummary): string[] | undefined {
    if (summary.finishReason !== undefined) return [summary.finishReason]
    const begun = summary.failure?.phase !== 'before_headers'
    return summary.result === 'failed' && this.#start.stream && begun ? ['error'] : undefined
  }
}

type AttemptPhase =
  | { readonly kind: 'waiting'; readonly firstChunk: RecordedSpan<'first_chunk'> }
  | { readonly kind: 'streaming'; readonly stream: RecordedSpan<'stream'> }
  /** Not streaming: there is no first chunk. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'ended' }
