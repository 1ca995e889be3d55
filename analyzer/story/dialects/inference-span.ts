import { SCOPE_NAME } from '../../../collector/vocabulary.ts'
import { hasAny, isError, numeric, text, textList } from '../attributes.ts'
import type { Attributes, Span } from '../span.ts'

/**
 * Which spans of the two conventions tell of a model's answer. OpenTelemetry's GenAI convention in
 * three generations, with what came before it and beside it (OpenLLMetry's `llm.request.type`, the
 * AI SDK's `ai.operationId`), and OpenInference.
 */

const LITELLM_SCOPE = 'litellm'

/** Says what it is itself: it is the one key that OpenInference requires of every span. */
export function isOpenInference(span: Span): boolean {
  return text(span.attributes, 'openinference.span.kind') !== undefined && !isOfGateway(span)
}

/**
 * A span that carries both conventions is OpenInference's. A SERVER span is none unless it says the
 * operation: LiteLLM writes the model that was asked for on the web framework's own span.
 */
export function isGenAi(span: Span): boolean {
  const { attributes } = span
  if (isOpenInference(span) || isOfGateway(span)) return false
  if (SAYS_OPERATION.some((key) => text(attributes, key) !== undefined)) return true
  return span.kind !== 'server' && providerNamed(attributes)
}

const SAYS_OPERATION = [
  'gen_ai.operation.name',
  'llm.request.type',
  'ai.operationId',
  'traceloop.span.kind',
] as const

function providerNamed(attributes: Attributes): boolean {
  return (
    text(attributes, 'gen_ai.provider.name') !== undefined ||
    text(attributes, 'gen_ai.system') !== undefined
  )
}

/**
 * Spans of routers that have a dialect of their own, and other libraries' spans that LiteLLM wrote
 * into. Its exception alone does not make a span LiteLLM's: who calls it and keeps to a convention
 * tells the whole call.
 */
export function isOfGateway({ scope, attributes }: Span): boolean {
  return (
    scope.name === SCOPE_NAME ||
    scope.name === LITELLM_SCOPE ||
    text(attributes, 'litellm.call_id') !== undefined
  )
}

/** A model was asked for an answer: neither an embedding, nor a tool, nor the agent around it. */
export function isInference(span: Span): boolean {
  if (isOpenInference(span)) return text(span.attributes, 'openinference.span.kind') === 'LLM'
  return isGenAi(span) && isGenAiInference(span)
}

function isGenAiInference(span: Span): boolean {
  const { attributes } = span
  if (isToldAsStep(attributes)) return false
  const operation = text(attributes, 'gen_ai.operation.name')
  if (operation !== undefined) return INFERENCES.has(operation)
  const type = text(attributes, 'llm.request.type')
  if (type !== undefined) return INFERENCES.has(type)
  const sdk = text(attributes, 'ai.operationId')
  if (sdk !== undefined) return /\.do(?:Generate|Stream)$/u.test(sdk)
  const observation = text(attributes, 'langfuse.observation.type')
  if (observation !== undefined && observation !== 'generation') return false
  return hasModel(attributes) && (isError(span) || hasAnswer(attributes))
}

/**
 * LangSmith's exporter calls the filling of a prompt template `chat`, too, and names the provider
 * on every step; OpenLLMetry gives its key to steps alone.
 */
function isToldAsStep(attributes: Attributes): boolean {
  const run = text(attributes, 'langsmith.span.kind')
  if (run !== undefined) return run !== 'llm'
  return text(attributes, 'traceloop.span.kind') !== undefined
}

const INFERENCES: ReadonlySet<string> = new Set([
  'chat',
  'text_completion',
  'completion',
  'generate_content',
])

function hasModel(attributes: Attributes): boolean {
  return (
    text(attributes, 'gen_ai.request.model') !== undefined ||
    text(attributes, 'gen_ai.response.model') !== undefined
  )
}

/** Without an operation, only an answer tells a model's call from an embedding. */
function hasAnswer(attributes: Attributes): boolean {
  return (
    numeric(attributes, 'gen_ai.usage.output_tokens') !== undefined ||
    numeric(attributes, 'gen_ai.usage.completion_tokens') !== undefined ||
    (textList(attributes, 'gen_ai.response.finish_reasons') ?? []).length > 0 ||
    hasAny(attributes, 'gen_ai.completion.')
  )
}

/**
 * An agent, a tool, a chain, a retrieval: what a model asks for inside of it is a request of its
 * own, whoever asked for the agent.
 */
export function isOtherStep(span: Span): boolean {
  return !isInference(span) && (isOpenInference(span) || isGenAi(span)) && !isSdkOperation(span)
}

/** A sequence of steps, which asks for nothing itself. */
export function isChainStep({ attributes }: Span): boolean {
  return CHAIN_KINDS.some(([key, kind]) => text(attributes, key) === kind)
}

const CHAIN_KINDS = [
  ['openinference.span.kind', 'CHAIN'],
  ['langsmith.span.kind', 'chain'],
  ['traceloop.span.kind', 'task'],
] as const

/** By its word for what it does, or by the name of its tracer where that word was lost. */
export function isOfAiSdk({ attributes, scope }: Span): boolean {
  return text(attributes, 'ai.operationId') !== undefined || scope.name === 'ai'
}

/** The AI SDK's span around one or several model calls: its own retries are calls in it. */
export function isSdkOperation({ attributes }: Span): boolean {
  const sdk = text(attributes, 'ai.operationId')
  return sdk !== undefined && /^ai\.(?:generate|stream)(?:Text|Object)$/u.test(sdk)
}

/** LangChain's chain that asks its models one after the other, each because the last one failed. */
export function isFallbackChain({ name }: Span): boolean {
  return /^RunnableWithFallbacks(?:\.(?:task|workflow))?$/u.test(name)
}
