import { isError, numeric, text } from '../../attributes.ts'
import type { Span } from '../../span.ts'
import type { SpanTree } from '../../span-tree.ts'
import type { InferenceCall } from './call.ts'
import { errorOf } from './failure.ts'

/**
 * A client library retries inside of one span. Where the HTTP client below it is instrumented too,
 * each request on the wire has a span, and with it a status.
 */
export function withHttpCalls(call: InferenceCall, tree: SpanTree): readonly InferenceCall[] {
  const sent = tree
    .children(call.operation)
    .filter(isHttpCall)
    .toSorted((left, right) => (left.startTimeNs < right.startTimeNs ? -1 : 1))
  const last = sent.at(-1)
  if (last === undefined) return [call]
  const before = sent.slice(0, -1)
  if (!before.every(hasFailed)) return [call]
  return [
    ...before.map((http) => toFailed(call, http)),
    { ...withStatus(call, last), startNs: last.startTimeNs, onWire: true },
  ]
}

function isHttpCall(span: Span): boolean {
  const { attributes } = span
  const method = text(attributes, 'http.request.method') ?? text(attributes, 'http.method')
  return span.kind === 'client' && method === 'POST'
}

function hasFailed(span: Span): boolean {
  return isError(span) || (statusOf(span) ?? 0) >= 400
}

function statusOf({ attributes }: Span): number | undefined {
  return numeric(attributes, 'http.response.status_code') ?? numeric(attributes, 'http.status_code')
}

function toFailed(call: InferenceCall, http: Span): InferenceCall {
  return {
    ...call,
    span: http,
    startNs: http.startTimeNs,
    endNs: http.endTimeNs,
    failed: true,
    onWire: true,
    responseModel: undefined,
    finishReasons: undefined,
    firstContentMs: undefined,
    longestSilenceMs: undefined,
    usage: undefined,
    // What the operation captured came from the last one.
    output: undefined,
    error: { ...errorOf(http), fromStatus: true },
  }
}

/** The status of the answer is told by the HTTP client alone. */
function withStatus(call: InferenceCall, http: Span): InferenceCall {
  const status = statusOf(http)
  if (call.error === undefined || status === undefined || status < 400) return call
  const { error } = call
  const fromHttp = errorOf(http)
  return {
    ...call,
    error: {
      ...error,
      statusCode: error.statusCode ?? status,
      reason: error.reason ?? fromHttp.reason,
      fromStatus: true,
    },
  }
}
