import type { ReceivedSpan, StoredTrace } from '../store/store.ts'
import type { Attributes, AttributeValue } from '../story/span.ts'
import type { WireRequest, WireSpan, WireTrace } from './wire.ts'

export function toWireTrace(
  traceId: string,
  { spans, isCut, requests }: StoredTrace & { readonly requests: readonly WireRequest[] },
): WireTrace {
  let startNs: bigint | undefined
  let endNs = 0n
  for (const { span } of spans) {
    if (startNs === undefined || span.startTimeNs < startNs) startNs = span.startTimeNs
    if (span.endTimeNs > endNs) endNs = span.endTimeNs
  }
  return {
    schemaVersion: 1,
    traceId,
    startTimeUnixNano: String(startNs ?? 0n),
    durationNano: String(startNs === undefined ? 0n : endNs - startNs),
    spans: spans.map(toWireSpan),
    cut: isCut,
    requests,
  }
}

function toWireSpan({ span }: ReceivedSpan): WireSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startTimeNs),
    endTimeUnixNano: String(span.endTimeNs),
    status: { code: span.status.code, message: span.status.message },
    scope: { name: span.scope.name, version: span.scope.version },
    service: toText(span.resource.get('service.name') ?? ''),
    attributes: toWireAttributes(span.attributes),
    events: span.events.map((event) => ({
      name: event.name,
      timeUnixNano: String(event.timeNs),
      attributes: toWireAttributes(event.attributes),
    })),
  }
}

function toWireAttributes(attributes: Attributes): WireSpan['attributes'] {
  return [...attributes].map(([key, value]) => ({ key, value: toText(value) }))
}

function toText(value: AttributeValue): string {
  if (typeof value === 'string') return value
  return JSON.stringify(toPlain(value))
}

function toPlain(value: AttributeValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  // As text: JSON has no number for it, and what fits has become a `number` already.
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)]))
  }
  if (isList(value)) return value.map(toPlain)
  return value
}

function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
