import type { SpanContext } from '@opentelemetry/api'

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * The caller's span, from its `traceparent` header; `undefined` where that is no valid one, which
 * then starts a new trace (https://www.w3.org/TR/trace-context/#traceparent-header).
 */
export function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const match = TRACEPARENT.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match
  // A later version may append fields; version 00 may not, and ff is forbidden.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}

/** Always with the sampled flag: every request is recorded here, whatever the caller decided. */
export function formatTraceparent(context: Pick<SpanContext, 'traceId' | 'spanId'>): string {
  return `00-${context.traceId}-${context.spanId}-01`
}
