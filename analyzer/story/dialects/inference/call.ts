import type { Api } from '../../../../collector/vocabulary.ts'
import { firstText, flag, isError, jsonObject, numeric, text, textList } from '../../attributes.ts'
import type { Attributes, Span } from '../../span.ts'
import type { Usage } from '../../story.ts'
import { isOfCallbackTracer } from './callback-tracer.ts'
import { errorOf, type CallError } from './failure.ts'
import { modelApiOf } from './model-api.ts'
import { outputShapeOf, type OutputShape } from './output-shape.ts'
import { firstContentMs, longestSilenceMs } from './stream-events.ts'
import { shapeOfRequest, type AskedShape } from './request-shape.ts'

/** What one span tells of one call of a model, whichever generation of whichever convention. */
export interface InferenceCall {
  /** What tells of it: the operation's, or the HTTP client's below it. */
  readonly span: Span
  /** The model call that it belongs to. */
  readonly operation: Span
  /** Whether the span is that of one request on the wire. */
  readonly onWire: boolean
  readonly startNs: bigint
  readonly endNs: bigint
  readonly failed: boolean
  readonly provider: string | undefined
  /** As asked for; the one that answered where only that is told. */
  readonly model: string | undefined
  readonly responseModel: string | undefined
  readonly endpoint: string | undefined
  readonly api: Api | undefined
  readonly streaming: boolean | undefined
  readonly finishReasons: readonly string[] | undefined
  readonly firstContentMs: number | undefined
  readonly longestSilenceMs: number | undefined
  readonly usage: Usage | undefined
  readonly asked: AskedShape | undefined
  /** Of what came; absent where outputs are not captured. */
  readonly output: OutputShape | undefined
  readonly error: CallError | undefined
  /** Which resend of the same request this is, from 1; absent on the first. */
  readonly resend: number | undefined
}

export function toCall(span: Span): InferenceCall {
  const { attributes } = span
  const finishReasons = finishReasonsOf(attributes)
  // The convention has `error.type` on what ended in an error, and not all set the status as well.
  const isToldFailed = text(attributes, 'error.type') !== undefined
  const failed = isError(span) || isToldFailed || (finishReasons?.includes('error') ?? false)
  const responseModel = firstText(attributes, [
    'gen_ai.response.model',
    'llm.response.model_name',
    'ai.response.model',
  ])
  return {
    span,
    operation: span,
    onWire: false,
    startNs: span.startTimeNs,
    endNs: span.endTimeNs,
    failed,
    provider: providerOf(attributes),
    model: modelAsked(attributes) ?? responseModel,
    responseModel,
    endpoint: endpointOf(attributes),
    api: apiOf(span),
    streaming: streamingOf(span),
    finishReasons,
    firstContentMs: firstContentMs(span),
    longestSilenceMs: longestSilenceMs(span),
    usage: usageOf(attributes),
    asked: shapeOfRequest(span),
    output: outputShapeOf(attributes),
    error: failed ? errorOf(span) : undefined,
    resend: numeric(attributes, 'http.request.resend_count'),
  }
}

/** OpenInference's `llm.model_name` may hold either model: the newer keys go before it. */
function modelAsked(attributes: Attributes): string | undefined {
  const told = firstText(attributes, [
    'gen_ai.request.model',
    'llm.request.model_name',
    'ai.model.id',
    'llm.model_name',
  ])
  if (told !== undefined) return told
  // Where the call failed, OpenInference's OpenAI instrumentation writes it here alone.
  const parameter = jsonObject(attributes, 'llm.invocation_parameters')?.get('model')
  return typeof parameter === 'string' && parameter !== '' ? parameter : undefined
}

function providerOf(attributes: Attributes): string | undefined {
  return firstText(attributes, [
    'gen_ai.provider.name',
    'llm.provider',
    'gen_ai.system',
    'llm.system',
    'ai.model.provider',
  ])?.toLowerCase()
}

function endpointOf(attributes: Attributes): string | undefined {
  const host = text(attributes, 'server.address')
  const port = numeric(attributes, 'server.port')
  if (host === undefined) return text(attributes, 'gen_ai.openai.api_base')
  return port === undefined ? host : `${host}:${port}`
}

/** Most spans say `chat` for all three; only what names the API proper tells them apart. */
function apiOf(span: Span): Api | undefined {
  const { attributes, name, scope } = span
  const told = modelApiOf(span) ?? API_BY_WORD.get(text(attributes, 'openai.api.type') ?? name)
  if (told !== undefined) return told
  const library = scope.name.toLowerCase()
  if (library.includes('instrumentation') && library.includes('anthropic')) return 'messages'
  return undefined
}

/** `openai.api.type`, and the span names of OpenInference's and OpenLLMetry's instrumentations. */
const API_BY_WORD: ReadonlyMap<string, Api> = new Map([
  ['chat_completions', 'chat'],
  ['responses', 'responses'],
  ['ChatCompletion', 'chat'],
  ['Response', 'responses'],
  ['Messages', 'messages'],
  ['openai.chat', 'chat'],
  ['openai.response', 'responses'],
  ['anthropic.chat', 'messages'],
])

/** Absent says nothing: most releases of most libraries do not write it. */
function streamingOf(span: Span): boolean | undefined {
  const { attributes } = span
  for (const key of STREAMING_KEYS) {
    const told = flag(attributes, key)
    if (told !== undefined) return told
  }
  const parameter = jsonObject(attributes, 'llm.invocation_parameters')?.get('stream')
  // LangChain writes the model's setting there, which is false for a call that streams, too.
  if (typeof parameter === 'boolean' && (parameter || !isOfCallbackTracer(span))) return parameter
  const sdk = text(attributes, 'ai.operationId')
  if (sdk !== undefined) return sdk.endsWith('.doStream')
  return firstContentMs(span) === undefined ? undefined : true
}

const STREAMING_KEYS = [
  'gen_ai.request.stream',
  'gen_ai.request.is_stream',
  'gen_ai.is_streaming',
  'llm.is_streaming',
  'langsmith.request.streaming',
] as const

/**
 * Why the answer ended, in the provider's words; `error` where it did not. An empty list is what
 * OpenTelemetry's own OpenAI instrumentation writes on every stream, so it says nothing.
 */
function finishReasonsOf(attributes: Attributes): readonly string[] | undefined {
  const told = toldReasons(attributes).filter((reason) => reason !== UNTOLD_REASON)
  return told.length > 0 ? told : undefined
}

/** What the AI SDK writes where a stream ended without its reason. */
const UNTOLD_REASON = 'unknown'

function toldReasons(attributes: Attributes): readonly string[] {
  const list = textList(attributes, 'gen_ai.response.finish_reasons') ?? []
  if (list.length > 0) return list
  const one = firstText(attributes, FINISH_REASON_KEYS)
  if (one !== undefined) return [one]
  const choices = [...attributes.keys()].filter((key) => FINISH_REASON_OF_CHOICE.test(key))
  return choices.slice(0, CHOICES_MAX).flatMap((key) => text(attributes, key) ?? [])
}

const FINISH_REASON_KEYS = [
  'gen_ai.response.finish_reasons',
  'gen_ai.response.finish_reason',
  'llm.finish_reason',
  'llm.response.finish_reason',
  'llm.response.stop_reason',
  'ai.response.finishReason',
  'anthropic.message.stop_reason',
] as const

/** OpenLLMetry writes it on each choice. */
const FINISH_REASON_OF_CHOICE = /^gen_ai\.completion\.\d{1,3}\.finish_reason$/u
const CHOICES_MAX = 16

/** A pair of noughts is what some libraries write where no usage was reported. */
function usageOf(attributes: Attributes): Usage | undefined {
  const told = firstCount(attributes, INPUT_TOKEN_KEYS)
  // Anthropic counts apart what stands in its cache: all of the input may.
  const nought = providerOf(attributes) === 'anthropic' ? undefined : told
  const inputTokens = told === 0 ? largestCount(attributes, CACHED_TOKEN_KEYS) || nought : told
  const outputTokens = firstCount(attributes, OUTPUT_TOKEN_KEYS)
  if (!inputTokens && !outputTokens) return undefined
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  }
}

const INPUT_TOKEN_KEYS = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.prompt_tokens',
  'llm.token_count.prompt',
  'ai.usage.inputTokens',
  'ai.usage.promptTokens',
] as const
const CACHED_TOKEN_KEYS = [
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cache_read_input_tokens',
  'gen_ai.usage.cache_write.input_tokens',
  'gen_ai.usage.cache_creation.input_tokens',
  'gen_ai.usage.cache_creation_input_tokens',
  'llm.token_count.prompt_details.cache_read',
  'llm.token_count.prompt_details.cache_write',
  'ai.usage.cachedInputTokens',
] as const
const OUTPUT_TOKEN_KEYS = [
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.completion_tokens',
  'llm.token_count.completion',
  'ai.usage.outputTokens',
  'ai.usage.completionTokens',
] as const

function largestCount(attributes: Attributes, keys: readonly string[]): number {
  return Math.max(0, ...keys.map((key) => numeric(attributes, key) ?? 0))
}

/** -1 stands for unknown in some libraries. */
function firstCount(attributes: Attributes, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const count = numeric(attributes, key)
    if (count !== undefined && count >= 0) return count
  }
  return undefined
}
