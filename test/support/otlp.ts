import { ProtobufWriter } from '../../analyzer/ingest/otlp/protobuf-writer.ts'
import { KINDS, STATUS_CODES } from '../../analyzer/ingest/otlp/span-codes.ts'
import type { AttributeValue, Span } from '../../analyzer/story/span.ts'
import { writeAttributes, writeScope, writeSpan } from './encode-span.ts'

type SpanInput = Partial<Omit<Span, 'attributes' | 'resource'>> & {
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly resource?: Readonly<Record<string, AttributeValue>>
}

/** A span with the fields that a test cares about; the rest is plausible. */
export function buildSpan(input: SpanInput = {}): Span {
  return {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: '',
    name: 'POST /v1/chat/completions',
    kind: 'server',
    startTimeNs: 1_760_000_000_000_000_001n,
    endTimeNs: 1_760_000_001_000_000_002n,
    status: { code: 'unset', message: '' },
    events: [],
    scope: { name: 'test', version: '1.0.0' },
    ...input,
    attributes: new Map(Object.entries(input.attributes ?? {})),
    resource: new Map(Object.entries(input.resource ?? { 'service.name': 'litellm' })),
  }
}

/** An `ExportTraceServiceRequest`: one resource and scope per span. */
export function protobufRequest(spans: readonly Span[]): Buffer {
  const request = new ProtobufWriter()
  for (const span of spans) {
    request.messageField(1, (resourceSpans) => {
      resourceSpans.messageField(1, (resource) => writeAttributes(resource, 1, span.resource))
      resourceSpans.messageField(2, (scopeSpans) => {
        scopeSpans.messageField(1, (scope) => writeScope(scope, span.scope))
        scopeSpans.messageField(2, (message) => writeSpan(message, span))
      })
    })
  }
  return request.finish()
}

/** The same as `protobufRequest`, in OTLP/JSON and as an object that a test can spoil. */
export function jsonRequest(spans: readonly Span[]) {
  return {
    resourceSpans: spans.map((span) => ({
      resource: { attributes: jsonAttributes(span.resource) },
      scopeSpans: [{ scope: span.scope, spans: [jsonSpan(span)] }],
    })),
  }
}

export function jsonSpan(span: Span): Record<string, unknown> {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    startTimeUnixNano: String(span.startTimeNs),
    endTimeUnixNano: String(span.endTimeNs),
    status: { code: STATUS_CODES.indexOf(span.status.code), message: span.status.message },
    attributes: jsonAttributes(span.attributes),
    events: span.events.map((event) => ({
      name: event.name,
      timeUnixNano: String(event.timeNs),
      attributes: jsonAttributes(event.attributes),
    })),
  }
}

function jsonAttributes(attributes: ReadonlyMap<string, AttributeValue>): unknown[] {
  return [...attributes].map(([key, value]) => ({ key, value: jsonValue(value) }))
}

function jsonValue(value: AttributeValue): unknown {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { intValue: String(value) }
    return { doubleValue: Number.isFinite(value) ? value : String(value) }
  }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (value instanceof Map) return { kvlistValue: { values: jsonAttributes(value) } }
  return { arrayValue: { values: (value as readonly AttributeValue[]).map(jsonValue) } }
}
