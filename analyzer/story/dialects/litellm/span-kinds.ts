import { firstText, hasAny, text } from '../../attributes.ts'
import type { Span, SpanEvent, SpanHead } from '../../span.ts'
import { isInference } from '../inference-span.ts'

/**
 * Names and shapes of LiteLLM's spans, v1 (scope without a version) and v2 (the release as
 * version).
 */

const SCOPE = 'litellm'
const V1_ROOT = 'Received Proxy Server Request'
export const V1_FAILED = 'Failed Proxy Server Request'

export function isLitellm({ scope }: SpanHead): boolean {
  return scope.name === SCOPE
}

export function isV1(span: Span): boolean {
  return isLitellm(span) && span.scope.version === ''
}

export function isV2(span: Span): boolean {
  return isLitellm(span) && span.scope.version !== ''
}

export function isV1Root(span: Span): boolean {
  return isV1(span) && span.name === V1_ROOT
}

/** What v1 sent upstream; its name can be overridden by the caller, its prefix cannot. */
export function isV1Raw(span: Span): boolean {
  return (
    isV1(span) &&
    (span.name === 'raw_gen_ai_request' ||
      (span.kind === 'internal' && !isCallSpan(span) && hasAny(span.attributes, 'llm.')))
  )
}

const CALL_KEYS = ['gen_ai.operation.name', 'litellm.call_id', 'litellm.provider.model'] as const

/** A span that tells of one upstream call. A database call of the proxy is a CLIENT span too. */
export function isCallSpan(span: Span): boolean {
  if (!isLitellm(span) || isV1Root(span) || span.kind === 'server') return false
  if (span.name === 'litellm_request') return true
  if (isV1(span)) return text(span.attributes, 'litellm.call_id') !== undefined
  return span.kind === 'client' && firstText(span.attributes, CALL_KEYS) !== undefined
}

/**
 * Up to 1.84, which names no route on it: a bridged /v1/responses call in a trace of its own, away
 * from its proxy request. A router in process exports the same.
 */
export function isStrayCall(span: Span): boolean {
  return (
    isV1(span) &&
    isCallSpan(span) &&
    span.parentSpanId === '' &&
    !span.attributes.has('litellm.model_group') &&
    text(span.attributes, 'gen_ai.operation.name') === 'aresponses'
  )
}

/**
 * Another library's span that LiteLLM v1 wrote into: it uses the current span where the caller has
 * one, and then writes no span of its own.
 */
export function isBorrowed(span: Span): boolean {
  return (
    !isLitellm(span) &&
    span.kind !== 'server' &&
    text(span.attributes, 'litellm.call_id') !== undefined
  )
}

/**
 * A caller's span that LiteLLM has left nothing on: it had ended when LiteLLM came to write. Only
 * the exception that the caller recorded tells that a call failed. A caller that keeps to a
 * convention tells more, in a dialect of its own.
 */
export function isToldByCaller(span: Span): boolean {
  return (
    !isLitellm(span) &&
    span.kind !== 'server' &&
    // Asked first: hardly a span has one.
    span.events.some(isExceptionOfLitellm) &&
    !isBorrowed(span) &&
    !isInference(span)
  )
}

function isExceptionOfLitellm({ name, attributes }: SpanEvent): boolean {
  const type = name === 'exception' ? text(attributes, 'exception.type') : undefined
  return type?.startsWith('litellm.exceptions.') === true
}

/** Spans that only the proxy writes: they tell a lost root from a router in process. */
export function isProxyHousekeeping(span: SpanHead): boolean {
  return (
    isLitellm(span) &&
    (span.name === 'auth' || span.name.startsWith('auth /') || span.name === 'proxy_pre_call')
  )
}

/** v2, since 1.10x: one per pick of a deployment; ERROR where none was eligible. */
export function isRoutePick(span: Span): boolean {
  return isV2(span) && span.kind === 'internal' && span.name.startsWith('route ')
}

/**
 * What a proxy exports once it knows how a request ended: the SERVER span, v1's failure beside it,
 * or, where v2 runs without a SERVER span, a call.
 */
export function tellsProxyEnd(span: SpanHead): boolean {
  if (span.kind === 'server') return true
  if (!isLitellm(span)) return false
  return span.name === V1_FAILED || (span.kind === 'client' && span.scope.version !== '')
}
