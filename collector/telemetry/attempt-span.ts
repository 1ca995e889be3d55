import { type Context, type Span, SpanKind } from '@opentelemetry/api'
import type { AttemptRecorder, AttemptStart, AttemptSummary } from '../routing/recorder.ts'
import * as v from '../vocabulary.ts'
import type { ContentKind } from '../vocabulary.ts'
import { type SpanWriter, childContext } from './span-writer.ts'

/** LiteLLM's provider prefix where the GenAI convention has another word for the same. */
const GEN_AI_PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['mistral', 'mistral_ai'],
  ['moonshot', 'moonshot_ai'],
  ['xai', 'x_ai'],
])

export interface AttemptSpanOptions {
  readonly writer: SpanWriter
  /** With the request span as parent. */
  readonly context: Context
  readonly hashKey: (apiKey: string) => string
}

/** One attempt: its CLIENT span and, where it streams, `first_chunk` and `stream` under it. */
export class AttemptSpan implements AttemptRecorder {
  readonly #start: AttemptStart
  readonly #writer: SpanWriter
  readonly #context: Context
  readonly #span: Span
  #phase: AttemptPhase

  constructor(start: AttemptStart, options: AttemptSpanOptions) {
    const { writer } = options
    this.#start = start
    this.#writer = writer
    const startTime = writer.now()
    this.#span = writer.start({
      name: `${v.SPAN_ATTEMPT_PREFIX} ${start.model}`,
      kind: SpanKind.CLIENT,
      context: options.context,
      startTime,
    })
    this.#context = childContext(options.context, this.#span)
    writer.write(this.#span, 'attempt', {
      [v.ATTR_GEN_AI_OPERATION_NAME]: 'chat',
      [v.ATTR_GEN_AI_PROVIDER_NAME]: GEN_AI_PROVIDERS.get(start.provider) ?? start.provider,
      [v.ATTR_GEN_AI_REQUEST_MODEL]: start.model,
      [v.ATTR_SERVER_ADDRESS]: start.serverAddress,
      [v.ATTR_SERVER_PORT]: start.serverPort,
      [v.ATTR_ATTEMPT_NUMBER]: start.number,
      [v.ATTR_ATTEMPT_KIND]: start.kind,
      [v.ATTR_ATTEMPT_ROUTE]: start.route,
      [v.ATTR_ATTEMPT_DEPLOYMENT]: start.deployment,
      [v.ATTR_ATTEMPT_KEY_HASH]:
        start.apiKey === undefined ? undefined : options.hashKey(start.apiKey),
      [v.ATTR_BREAKER_STATE]: start.breakerState,
      [v.ATTR_DROPPED_FIELDS]:
        start.droppedFields.length === 0 ? undefined : [...start.droppedFields],
    })
    this.#phase = start.stream
      ? { kind: 'waiting', firstChunk: this.#startChild('first_chunk', startTime) }
      : { kind: 'whole' }
  }

  firstContent(kind: ContentKind, preludeEvents: number): void {
    if (this.#phase.kind !== 'waiting') return
    const { firstChunk } = this.#phase
    const now = this.#writer.now()
    this.#writer.write(firstChunk, 'first_chunk', {
      [v.ATTR_CONTENT_KIND]: kind,
      [v.ATTR_PRELUDE_EVENTS]: preludeEvents,
    })
    firstChunk.end(now)
    this.#phase = { kind: 'streaming', stream: this.#startChild('stream', now) }
  }

  end(summary: AttemptSummary): void {
    if (this.#phase.kind === 'ended') return
    this.#endChild(this.#phase, summary)
    this.#phase = { kind: 'ended' }
    this.#writeSummary(summary)
    if (summary.result === 'failed') {
      this.#writer.fail(this.#span, summary.failure?.message ?? 'the attempt failed')
    }
    this.#span.end(this.#writer.now())
  }

  /** The request ended without this attempt's end: no span may stay open for ever. */
  abandon(): void {
    if (this.#phase.kind === 'ended') return
    if (this.#phase.kind === 'waiting') this.#phase.firstChunk.end(this.#writer.now())
    if (this.#phase.kind === 'streaming') this.#phase.stream.end(this.#writer.now())
    this.#phase = { kind: 'ended' }
    this.#span.end(this.#writer.now())
  }

  #startChild(name: 'first_chunk' | 'stream', startTime: ReturnType<SpanWriter['now']>): Span {
    const child = this.#writer.start({
      name: name === 'stream' ? v.SPAN_STREAM : v.SPAN_FIRST_CHUNK,
      kind: SpanKind.INTERNAL,
      context: this.#context,
      startTime,
    })
    this.#writer.write(child, name, { [v.ATTR_ATTEMPT_NUMBER]: this.#start.number })
    return child
  }

  #endChild(phase: AttemptPhase, summary: AttemptSummary): void {
    const { failure } = summary
    const failed = summary.result === 'failed'
    if (phase.kind === 'waiting') {
      this.#writer.write(phase.firstChunk, 'first_chunk', {
        [v.ATTR_PRELUDE_EVENTS]: summary.preludeEvents,
        [v.ATTR_FAILURE_REASON]: failure?.reason,
      })
      if (failed) this.#writer.fail(phase.firstChunk, 'no content came')
      phase.firstChunk.end(this.#writer.now())
    }
    if (phase.kind === 'streaming') {
      this.#writer.write(phase.stream, 'stream', {
        [v.ATTR_CHUNKS]: summary.chunks,
        [v.ATTR_LONGEST_SILENCE_MS]: summary.longestSilenceMs,
        [v.ATTR_TERMINAL]: summary.receivedTerminal ? summary.finishReason : undefined,
        [v.ATTR_FAILURE_REASON]: failure?.reason,
      })
      if (failed) this.#writer.fail(phase.stream, failure?.message ?? 'the stream broke')
      phase.stream.end(this.#writer.now())
    }
  }

  #writeSummary(summary: AttemptSummary): void {
    const { failure, delivered, usage } = summary
    this.#writer.write(this.#span, 'attempt', {
      [v.ATTR_GEN_AI_RESPONSE_MODEL]: summary.responseModel,
      [v.ATTR_GEN_AI_RESPONSE_ID]: summary.responseId,
      [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: this.#finishReasons(summary),
      [v.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: usage?.inputTokens,
      [v.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: usage?.outputTokens,
      [v.ATTR_HTTP_RESPONSE_STATUS_CODE]: summary.statusCode,
      [v.ATTR_ERROR_TYPE]:
        summary.result === 'failed' ? (failure?.errorType ?? failure?.reason) : undefined,
      [v.ATTR_UPSTREAM_REQUEST_ID]: summary.upstreamRequestId,
      [v.ATTR_FAILURE_REASON]: failure?.reason,
      [v.ATTR_FAILURE_PHASE]: failure?.phase,
      [v.ATTR_FAILURE_MESSAGE]: failure?.message,
      [v.ATTR_FAILURE_RETRY_AFTER_MS]:
        failure?.retryAfterMs === undefined ? undefined : Math.round(failure.retryAfterMs),
      [v.ATTR_DELIVERED_CHUNKS]: delivered.chunks,
      [v.ATTR_DELIVERED_CHARS]: delivered.chars,
      [v.ATTR_DELIVERED_KINDS]: [...delivered.kinds],
      [v.ATTR_DELIVERED_TOOL_CALLS]: delivered.toolCalls,
      [v.ATTR_RECEIVED_TERMINAL]: summary.receivedTerminal,
    })
  }

  /** The convention's word for "a stream ended before the final event" is `error`. */
  #finishReasons(summary: AttemptSummary): string[] | undefined {
    if (summary.finishReason !== undefined) return [summary.finishReason]
    const begun = summary.failure?.phase !== 'before_headers'
    return summary.result === 'failed' && this.#start.stream && begun ? ['error'] : undefined
  }
}

type AttemptPhase =
  | { readonly kind: 'waiting'; readonly firstChunk: Span }
  | { readonly kind: 'streaming'; readonly stream: Span }
  /** Not streaming: there is no first chunk. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'ended' }
