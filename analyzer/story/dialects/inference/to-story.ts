import type { Api, Outcome } from '../../../../collector/vocabulary.ts'
import { isError, numeric } from '../../attributes.ts'
import { defined } from '../../defined.ts'
import { evidenceOf } from '../../evidence-of.ts'
import type { Span } from '../../span.ts'
import type { Attempt, ClientView, Confidence, DialectName, Story } from '../../story.ts'
import { attemptsOf, isSameTarget } from './attempts.ts'
import type { InferenceCall } from './call.ts'
import { continuationsOf } from './continuations.ts'
import { errorOf, type CallError } from './failure.ts'
import { generationOf } from './generation.ts'
import { modelApiOf } from './model-api.ts'
import { isOfAiSdk, isOpenInference } from '../inference-span.ts'
import { isOpenllmetry } from './openllmetry.ts'
import type { InferenceRequest } from './requests.ts'

/** What it is told as. */
export interface StoryContext {
  readonly source: string
  readonly dialect: DialectName
}

export function toStory(told: InferenceRequest, { source, dialect }: StoryContext): Story {
  const failure = failureAround(told)
  const request = failure === undefined ? told : { ...told, calls: withFailed(told.calls, failure) }
  const { span, around, calls } = request
  const outcome = outcomeOf(request, failure)
  const attempts = attemptsOf(request)
  const spans = [span, ...calls.map((call) => call.span)]
  const last = calls.at(-1)
  return {
    id: `${span.traceId}-${span.spanId}`,
    source,
    dialect,
    api: apiOf(request) ?? 'unknown',
    stream: firstOf(calls, (call) => call.streaming) ?? around?.streaming ?? 'unknown',
    route: around?.model ?? calls[0]?.model,
    // No convention names a team or a key.
    caller: {},
    traceIds: [...new Set(spans.map(({ traceId }) => traceId))],
    requestSpanId: span.spanId,
    startTimeNs: spans.map((one) => one.startTimeNs).reduce(least),
    endTimeNs: spans.map((one) => one.endTimeNs).reduce(most),
    outcome,
    attempts,
    attemptsComplete: request.everyCall,
    sureness: surenessOf(request, failure),
    fallbacks: {
      tried:
        attempts.some(({ kind }) => kind === 'fallback') || (request.everyCall ? false : 'unknown'),
    },
    continuations: continuationsOf(calls),
    client: clientOf(request, { outcome, attempts, failure }),
    gateway: gatewayOf(calls[0]?.operation ?? span),
    ...defined({ usage: last?.usage ?? around?.usage, asked: around?.asked ?? calls[0]?.asked }),
    incomplete: false,
    indistinguishable:
      outcome === 'unknown' ||
      ((outcome === 'ok' || outcome === 'rescued') && !isToldToEnd(request)),
  }
}

/** What the span around the attempts says of the whole: it knows what its caller got. */
function failureAround({ server, around }: InferenceRequest): CallError | undefined {
  if (server !== undefined) {
    const status = statusOf(server)
    if (!isError(server) && (status === undefined || status < 400)) return undefined
    return { ...errorOf(server), statusCode: status }
  }
  return around?.failed === true ? around.error : undefined
}

/** A request that failed has an attempt that failed, even where that one's span says success. */
function withFailed(calls: readonly InferenceCall[], error: CallError): readonly InferenceCall[] {
  const last = calls.at(-1)
  if (last === undefined || last.failed) return calls
  return [...calls.slice(0, -1), { ...last, failed: true, error: { ...error, fromStatus: false } }]
}

function outcomeOf(
  { server, around, calls }: InferenceRequest,
  failure: CallError | undefined,
): Outcome {
  const last = calls.at(-1)
  const first = calls.find((call) => call.failed)
  if (last === undefined) return 'unknown'
  if (failure?.cancelled === true || last.error?.cancelled === true) return 'cancelled'
  if (failure !== undefined) return 'failed'
  if (last.failed) return server === undefined && around === undefined ? 'failed' : 'unknown'
  if (!hasEnded(last) && (around === undefined || !hasEnded(around))) return 'unknown'
  return first === undefined || isSameTarget(first, last) ? 'ok' : 'rescued'
}

/**
 * Whether anything shows that the answer was read to its end. That no exception was raised does
 * not: OpenLLMetry closes the span of a stream that broke, or that nobody read on, as a success.
 * OpenInference writes OK where the stream has ended by itself, be it too early. Usage comes last,
 * but for the tokens that Anthropic announces first; and OpenLLMetry may have counted by itself,
 * but always has the finish reason of a whole answer.
 */
function hasEnded({
  operation,
  provider,
  streaming,
  finishReasons,
  usage,
}: InferenceCall): boolean {
  if (finishReasons !== undefined || streaming === false) return true
  if (operation.events.some(({ name }) => name === 'exception')) return false
  if (isOpenInference(operation) && operation.status.code === 'ok') return true
  if (provider === 'anthropic' || isOpenllmetry(operation.scope.name)) return false
  return (usage?.outputTokens ?? 0) > 1
}

/**
 * A failure may have another reading where its parent never came, and a finish reason of `error`
 * without an exception is also what a library writes that was told to stop reading.
 */
function surenessOf(
  { joined, parentMissing, calls }: InferenceRequest,
  failure: CallError | undefined,
): Confidence {
  const last = calls.at(-1)
  const quietly = failure === undefined && last?.failed === true && !isError(last.span)
  if (joined === 'timed' || quietly) return 'likely'
  return parentMissing && last?.failed === true ? 'likely' : 'certain'
}

interface ClientFacts {
  readonly outcome: Outcome
  readonly attempts: readonly Attempt[]
  readonly failure: CallError | undefined
}

/** The client is the application, or whoever called the gateway. */
function clientOf(
  request: InferenceRequest,
  { outcome, attempts, failure }: ClientFacts,
): ClientView {
  const { span, server, around, calls } = request
  const last = calls.at(-1)
  const failed = outcome === 'failed' || outcome === 'cancelled'
  const error = failed ? (failure ?? last?.error) : undefined
  const whole = outcome === 'ok' || outcome === 'rescued'
  const first = around?.firstContentMs ?? (calls.length === 1 ? last?.firstContentMs : undefined)
  return {
    complete: failed ? false : whole && isToldToEnd(request) ? true : 'unknown',
    errorShown: failed ? wasShown(request, failure) : whole ? false : 'unknown',
    evidence: server === undefined ? [] : evidenceOf(span, ['http.response.status_code']),
    ...defined({
      statusCode: server === undefined ? undefined : statusOf(server),
      errorType: error?.type,
      message: error?.message?.slice(0, 512),
      errorAttempt: outcome === 'failed' ? shownAttempt(error, attempts) : undefined,
      timeToFirstContentMs: first,
    }),
  }
}

/** By the protocol's own end, or because it came in one piece. */
function isToldToEnd({ around, calls }: InferenceRequest): boolean {
  const last = calls.at(-1)
  return [last, around].some(
    (call) => call !== undefined && (call.finishReasons !== undefined || call.streaming === false),
  )
}

/**
 * A status of ERROR is an exception, and an exception is shown. A finish reason of `error` alone is
 * a stream that ended too early without one; but the AI SDK tells its reader of it, as of a part of
 * the stream.
 */
function wasShown(
  { calls }: InferenceRequest,
  failure: CallError | undefined,
): boolean | 'unknown' {
  const last = calls.at(-1)
  if (failure !== undefined || (last !== undefined && isError(last.span))) return true
  if (last === undefined || isOfAiSdk(last.operation)) return 'unknown'
  if (last.error?.type !== undefined) return 'unknown'
  return last.streaming === true ? false : 'unknown'
}

/** The one attempt whose error it is, word for word. */
function shownAttempt(
  error: CallError | undefined,
  attempts: readonly Attempt[],
): number | undefined {
  if (error?.type === undefined) return undefined
  const same = attempts.filter(
    (attempt) =>
      attempt.errorType === error.type &&
      attempt.message !== undefined &&
      attempt.message === error.message?.slice(0, 512),
  )
  return same.length === 1 ? same[0]?.number : undefined
}

function gatewayOf(span: Span): Story['gateway'] {
  const { name, version } = span.scope
  return {
    name: 'other',
    ...defined({
      library: name === '' ? undefined : name,
      release: version === '' ? undefined : version,
      mode: generationOf(span),
    }),
  }
}

function apiOf({ server, around, calls }: InferenceRequest): Api | undefined {
  return (server && modelApiOf(server)) ?? around?.api ?? firstOf(calls, (call) => call.api)
}

function statusOf({ attributes }: Span): number | undefined {
  return numeric(attributes, 'http.response.status_code') ?? numeric(attributes, 'http.status_code')
}

function firstOf<T>(
  calls: readonly InferenceCall[],
  read: (call: InferenceCall) => T | undefined,
): T | undefined {
  for (const call of calls) {
    const value = read(call)
    if (value !== undefined) return value
  }
  return undefined
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other
}

function most(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
