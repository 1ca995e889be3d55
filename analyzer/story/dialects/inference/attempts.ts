import type { Phase } from '../../../../collector/vocabulary.ts'
import { defined } from '../../defined.ts'
import { evidenceOf } from '../../evidence-of.ts'
import type { Attempt, Evidence } from '../../story.ts'
import type { InferenceCall } from './call.ts'
import { withoutTraceback } from './failure.ts'
import { isOfAiSdk, isOpenInference } from '../inference-span.ts'
import type { InferenceRequest } from './requests.ts'

/** One attempt per call. */
export function attemptsOf(request: InferenceRequest): readonly Attempt[] {
  return request.calls.map((call, position) => toAttempt(call, position, request))
}

function toAttempt(call: InferenceCall, position: number, request: InferenceRequest): Attempt {
  const before = request.calls[position - 1]
  const phase = phaseOf(call)
  const { error, finishReasons } = call
  return {
    number: position + 1,
    kind: before === undefined ? 'initial' : kindAfter(before, call),
    status: !call.failed ? 'ok' : error?.cancelled === true ? 'cancelled' : 'failed',
    phase,
    startTimeNs: call.startNs,
    endTimeNs: call.endNs,
    spanId: call.span.spanId,
    evidence: evidenceOfCall(call),
    ...defined({
      route: routeOf(call, request),
      provider: call.provider,
      model: call.model,
      endpoint: call.endpoint,
      responseModel: call.responseModel,
      finishReasons,
      terminal: finishReasons === undefined ? undefined : !finishReasons.includes('error'),
      reason: reasonOf(call, phase),
      errorType: error?.type,
      statusCode: error?.statusCode,
      message: error?.message?.slice(0, MESSAGE_CHARS_MAX),
      timeToFirstContentMs: call.firstContentMs,
      longestSilenceMs: call.longestSilenceMs,
      usage: call.usage,
      // Below a gateway's span, what came from upstream is not yet what went to the client.
      delivered:
        request.server === undefined && request.around === undefined ? call.output : undefined,
    }),
  }
}

const MESSAGE_CHARS_MAX = 512

/**
 * The model that an application asks for is its route. Below the span of a gateway stand models of
 * its deployments, and which of its routes they belong to is not told.
 */
function routeOf(call: InferenceCall, { around, server }: InferenceRequest): string | undefined {
  const ofGateway = server !== undefined || around?.model !== undefined
  return !ofGateway || call.model === around?.model ? call.model : undefined
}

function kindAfter(before: InferenceCall, call: InferenceCall): Attempt['kind'] {
  if (before.operation === call.operation) return 'retry'
  const known = before.model !== undefined && call.model !== undefined
  if (!known) return 'unknown'
  return isSameTarget(before, call) ? 'retry' : 'fallback'
}

/** Two calls of one model go to one target unless provider or endpoint tell them apart. */
export function isSameTarget(one: InferenceCall, other: InferenceCall): boolean {
  return (
    one.model === other.model &&
    isSameOrUntold(one.provider, other.provider) &&
    isSameOrUntold(one.endpoint, other.endpoint)
  )
}

function isSameOrUntold(one: string | undefined, other: string | undefined): boolean {
  return one === other || one === undefined || other === undefined
}

/**
 * No convention has the phase. What is raised from a status came before any of the answer, and an
 * answer of which something was captured was under way, or one of several tokens; one token is what
 * Anthropic announces before any content.
 */
function phaseOf({ failed, error, usage, output }: InferenceCall): Phase | 'unknown' {
  if (!failed) return 'unknown'
  if (error?.fromStatus === true || (error?.statusCode ?? 0) >= 400) return 'before_headers'
  const came = (output?.chars ?? 0) + (output?.toolCalls ?? 0)
  return came > 0 || (usage?.outputTokens ?? 0) > 1 ? 'mid_stream' : 'unknown'
}

function reasonOf(
  { failed, error, finishReasons, firstContentMs, operation, streaming }: InferenceCall,
  phase: Phase | 'unknown',
): Attempt['reason'] {
  if (!failed) return undefined
  const began = phase === 'mid_stream' || firstContentMs !== undefined
  if (error?.reason === 'connection' && began) return 'stream-cut'
  // Client libraries have one class for every time-out: without a stream nothing fell silent.
  if (error?.reason === 'timeout-idle' && !began && streaming !== true) return 'timeout-total'
  if (error?.reason !== undefined) return error.reason
  if (error?.type !== undefined || finishReasons?.includes('error') !== true) return undefined
  // The AI SDK's word for an error event, and in OpenInference the provider's own; the GenAI
  // convention has it for a stream that ended before its final event.
  const isProviders = isOfAiSdk(operation) || isOpenInference(operation)
  return isProviders ? 'error-event' : streaming === true ? 'missing-terminal' : undefined
}

const EVIDENCE_KEYS = [
  'error.type',
  'error.message',
  'http.response.status_code',
  'gen_ai.response.finish_reasons',
  'llm.finish_reason',
  'gen_ai.response.model',
  'http.request.resend_count',
]

function evidenceOfCall({ span, failed }: InferenceCall): readonly Evidence[] {
  const own = evidenceOf(span, EVIDENCE_KEYS)
  const { code, message } = span.status
  if (!failed || code !== 'error') return own
  return [
    ...own,
    {
      spanId: span.spanId,
      key: 'status',
      value: withoutTraceback(message).slice(0, MESSAGE_CHARS_MAX),
    },
  ]
}
