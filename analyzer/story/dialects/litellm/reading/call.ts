import type { Api, FailureReason } from '../../../../../collector/vocabulary.ts'
import {
  firstText,
  flag,
  isError,
  jsonObject,
  numeric,
  text,
  textList,
} from '../../../attributes.ts'
import type { Attributes, Span } from '../../../span.ts'
import { countedTokens } from './counted-tokens.ts'
import { classifyFailure } from '../../../classify-failure.ts'
import { isV2 } from '../span-kinds.ts'

/** One upstream call that LiteLLM closed and told of, whichever span carries its attributes. */
export interface Call {
  readonly span: Span
  /** v1's child with the body that was sent. */
  readonly raw: Span | undefined
  readonly failed: boolean
  /** It was made, and what became of it is not told: the proxy wrote its own error over it. */
  readonly isUntold?: boolean
  readonly startNs: bigint
  readonly endNs: bigint
  /** The route, as the span labels it: after a mid-stream fallback it may name the next one. */
  readonly group: string | undefined
  /** `provider/model` of the deployment, as labelled. */
  readonly deployment: string | undefined
  readonly model: string | undefined
  readonly provider: string | undefined
  readonly address: string | undefined
  readonly api: Api | undefined
  readonly streaming: boolean | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  /** Seconds; negative where it was taken from an earlier attempt's first chunk. */
  readonly timeToFirstChunk: number | undefined
  readonly finishReasons: readonly string[]
  /** As LiteLLM put it into the answer: up to 1.90 the requested route's name, whoever served. */
  readonly responseModel: string | undefined
  readonly error: CallError | undefined
  /** Equal for equal first user messages. */
  readonly userHash: string | undefined
  /** Roles of what was really sent upstream, where the spans tell. */
  readonly sent: SentShape | undefined
  readonly asked: SentShape | undefined
}

export interface CallError {
  readonly type: string | undefined
  readonly statusCode: number | undefined
  readonly message: string | undefined
  readonly reason: FailureReason | undefined
  /** Raised while an answer was read that had begun with 200, not mapped from an HTTP status. */
  readonly whileReading: boolean
  /** Raised by the proxy itself or by what was plugged into it: no upstream has said it. */
  readonly ofProxy: boolean
  /** The router had no deployment to ask: nobody was called. */
  readonly isRefusal: boolean
}

interface SentShape {
  readonly spanId: string
  readonly key: string
  readonly roles: readonly string[]
  readonly messages: number
  readonly lastRole: string
  readonly prefill: boolean
}

/** A span of the proxy's own making: there was no such call. */
export function isNoCall({ error }: Call): boolean {
  return error?.ofProxy === true || error?.isRefusal === true
}

export interface CallSource {
  /** Carries the attributes. */
  readonly span: Span
  /** LiteLLM v1 tells what it sent in a child of its own. */
  readonly raw?: Span | undefined
  readonly failed?: boolean
}

export function toCall({ span, raw, failed = isError(span) }: CallSource): Call {
  const { attributes } = span
  const deployment = text(attributes, 'litellm.provider.model')
  const writesText = !isNotInTokens(attributes)
  const asked = shapeOf(span, ['gen_ai.input.messages'])
  return {
    span,
    raw,
    failed,
    startNs: span.startTimeNs,
    endNs: span.endTimeNs,
    group: groupOf(span),
    deployment,
    model: modelOf(span, deployment),
    provider: providerOf(attributes, deployment),
    address: addressOf(attributes),
    api: apiOf(span),
    // Only a stream has a first chunk; failed attempts of v2 say nothing else of it.
    streaming:
      streamingOf(attributes) ??
      (attributes.has('gen_ai.response.time_to_first_chunk') ? true : undefined),
    inputTokens: writesText ? numeric(attributes, 'gen_ai.usage.input_tokens') : undefined,
    outputTokens: writesText ? numeric(attributes, 'gen_ai.usage.output_tokens') : undefined,
    timeToFirstChunk: numeric(attributes, 'gen_ai.response.time_to_first_chunk'),
    finishReasons: textList(attributes, 'gen_ai.response.finish_reasons') ?? [],
    responseModel: text(attributes, 'gen_ai.response.model'),
    error: failed ? errorOf(span) : undefined,
    userHash: asked?.hash,
    sent: raw === undefined ? undefined : shapeOf(raw, contentKeys(raw.attributes))?.shape,
    asked: asked?.shape,
  }
}

/** Pictures, speech and moderation are not counted in tokens: a nought there counts nothing. */
function isNotInTokens(attributes: Attributes): boolean {
  return ['litellm.call_type', 'gen_ai.operation.name'].some((key) =>
    NOT_IN_TOKENS.test(text(attributes, key) ?? ''),
  )
}

const NOT_IN_TOKENS =
  /^(?:litellm\.)?a?(?:image|speech|transcription|moderation|rerank|search|ocr|video)/u

/** v2 labels the route with the GenAI key, v1 with its own since 1.85 and not at all before. */
function groupOf(span: Span): string | undefined {
  return text(span.attributes, isV2(span) ? 'gen_ai.request.model' : 'litellm.model_group')
}

function modelOf(span: Span, deployment: string | undefined): string | undefined {
  const { attributes } = span
  if (isV2(span)) return deployment?.slice(deployment.indexOf('/') + 1)
  return text(attributes, 'gen_ai.request.model')
}

function providerOf(attributes: Attributes, deployment: string | undefined): string | undefined {
  const slash = deployment?.indexOf('/') ?? -1
  if (deployment !== undefined && slash > 0) return deployment.slice(0, slash)
  return firstText(attributes, ['gen_ai.provider.name', 'gen_ai.system', 'error.llm_provider'])
}

function addressOf(attributes: Attributes): string | undefined {
  const host = text(attributes, 'server.address')
  const port = numeric(attributes, 'server.port')
  // Without its port a host may be another server.
  if (host !== undefined) return port === undefined ? undefined : `${host}:${port}`
  const base = jsonObject(attributes, 'hidden_params')?.get('api_base')
  return typeof base === 'string' ? base : undefined
}

const API_BY_CALL_TYPE: ReadonlyMap<string, Api> = new Map([
  ['acompletion', 'chat'],
  ['completion', 'chat'],
  ['aresponses', 'responses'],
  ['responses', 'responses'],
  ['anthropic_messages', 'messages'],
])

function apiOf({ attributes }: Span): Api | undefined {
  for (const key of ['litellm.call_type', 'llm.request.type', 'gen_ai.operation.name']) {
    const api = API_BY_CALL_TYPE.get(text(attributes, key) ?? '')
    if (api !== undefined) return api
  }
  return undefined
}

function streamingOf(attributes: Attributes): boolean | undefined {
  return (
    flag(attributes, 'litellm.request.streaming') ??
    flag(attributes, 'gen_ai.request.stream') ??
    flag(attributes, 'llm.is_streaming')
  )
}

/**
 * What went wrong, in the span's own words: attributes first, then its first recorded exception.
 */
export function errorOf(span: Span): CallError {
  const { attributes } = span
  const exception = span.events.find((event) => event.name === 'exception')?.attributes
  const recordedType = exception === undefined ? undefined : text(exception, 'exception.type')
  const type =
    text(attributes, 'error.type') ?? recordedType?.slice(recordedType.lastIndexOf('.') + 1)
  const recorded = exception === undefined ? undefined : text(exception, 'exception.message')
  const message =
    text(attributes, 'error.message') ?? recorded ?? (span.status.message || undefined)
  const code = firstText(attributes, ['error.code', 'litellm.provider.error.code'])
  const statusCode =
    httpStatus(numeric(attributes, 'error.code')) ??
    httpStatus(numeric(attributes, 'litellm.provider.error.code'))
  return {
    type,
    statusCode,
    message,
    // What no class stands for is mapped to one that is raised in streams, too.
    reason: classifyFailure({
      type: isMapped(message) ? undefined : type,
      code,
      statusCode,
      message,
    }),
    whileReading: isRaisedWhileReading(span, type, message),
    ofProxy: isOfProxy(type, recordedType),
    isRefusal: type?.startsWith('RouterRateLimitError') === true,
  }
}

/** From a status that has no class of its own, such as 520 to 529 of a proxy in front. */
function isMapped(message: string | undefined): boolean {
  return (message ?? '').startsWith('litellm.APIError: APIError: ')
}

/**
 * Guardrails, limits and unknown routes are refused with the web framework's class or with the
 * proxy's own; its failure hook then writes a call's span for a call that nobody made.
 */
function isOfProxy(type: string | undefined, recordedType: string | undefined): boolean {
  return (
    OF_PROXY.has(type ?? '') ||
    OF_PROXY_MODULES.some((name) => [type, recordedType].some((one) => one?.startsWith(name)))
  )
}

const OF_PROXY: ReadonlySet<string> = new Set([
  'HTTPException',
  'ProxyException',
  'ProxyModelNotFoundError',
  'BudgetExceededError',
  'RejectedRequestError',
  'GuardrailRaisedException',
  'BlockedPiiEntityError',
  'ModifyResponseException',
])
const OF_PROXY_MODULES = ['fastapi.', 'starlette.', 'litellm.proxy.'] as const

/**
 * LiteLLM maps what it meets before the headers to classes of its own; what breaks the stream is
 * recorded as it was raised, or in the wrapper that asks for a fallback.
 */
function isRaisedWhileReading(
  span: Span,
  type: string | undefined,
  message: string | undefined,
): boolean {
  if (type === 'BaseLLMException' || isMapped(message)) return false
  return (
    span.attributes.has('gen_ai.response.time_to_first_chunk') ||
    // Chunks that were counted had been read, whatever class the error was mapped to.
    (countedTokens(span) ?? 0) > 0 ||
    !(message ?? '').startsWith('litellm.') ||
    type === 'MidStreamFallbackError' ||
    type === 'APIError'
  )
}

function httpStatus(code: number | undefined): number | undefined {
  return code !== undefined && code >= 300 && code <= 599 ? code : undefined
}

function contentKeys(attributes: Attributes): readonly string[] {
  return [...attributes.keys()].filter(
    (key) => key.startsWith('llm.') && (key.endsWith('.messages') || key.endsWith('.input')),
  )
}

function shapeOf(
  span: Span,
  keys: readonly string[],
): { readonly shape: SentShape; readonly hash: string | undefined } | undefined {
  for (const key of keys) {
    const shape = jsonObject(span.attributes, key)
    if (shape?.get('secondwindShape') !== 1) continue
    const roles = shape.get('roles')
    const messages = shape.get('messages')
    const hash = shape.get('firstUserHash')
    const lastRole = shape.get('lastRole')
    return {
      shape: {
        spanId: span.spanId,
        key,
        roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
        messages: typeof messages === 'number' ? messages : 0,
        lastRole: typeof lastRole === 'string' ? lastRole : '',
        prefill: shape.get('prefill') === true,
      },
      hash: typeof hash === 'string' ? hash : undefined,
    }
  }
  return undefined
}
