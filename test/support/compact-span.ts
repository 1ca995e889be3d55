/**
 * Spans as a person writes them, and what a real sender would have put on the wire for them. Tests
 * never make a `Span` by hand: what they write goes through OTLP/JSON and the real decoder, so that
 * a test sees what a sender can really bring about.
 */

export interface CompactSpan {
  readonly name: string
  /** Short hex, filled up with zeros. */
  readonly id: string
  readonly parent?: string
  readonly trace?: string
  readonly kind?: 'internal' | 'server' | 'client'
  /** Start and end in milliseconds of the trace. */
  readonly ms: readonly [number, number]
  readonly status?: 'unset' | 'ok' | 'error'
  readonly statusMessage?: string
  /** `name` or `name@version`. */
  readonly scope: string
  readonly resource?: Readonly<Record<string, CompactValue>>
  readonly attributes?: Readonly<Record<string, CompactValue>>
  readonly events?: readonly CompactEvent[]
}

interface CompactEvent {
  readonly name: string
  readonly ms: number
  readonly attributes?: Readonly<Record<string, CompactValue>>
}

/** A whole number is an int, another one a double, as the SDKs have it. */
export type CompactValue = string | number | boolean | null | readonly CompactValue[]

/** When the traces of tests begin; a round number, so that times in failures can be read. */
const EPOCH_NS = 1_700_000_000_000_000_000n

const KINDS = { internal: 1, server: 2, client: 3 } as const
const STATUS_CODES = { unset: 0, ok: 1, error: 2 } as const

/** One `ExportTraceServiceRequest` as OTLP/JSON, one resource and scope per span: order is kept. */
export function toOtlpJson(spans: readonly CompactSpan[]): Uint8Array {
  const resourceSpans = spans.map((span) => {
    const [name = '', version = ''] = span.scope.split('@')
    const resource = { attributes: toKeyValues(span.resource ?? { 'service.name': 'test' }) }
    return { resource, scopeSpans: [{ scope: { name, version }, spans: [toOtlpSpan(span)] }] }
  })
  return new TextEncoder().encode(JSON.stringify({ resourceSpans }))
}

export function toTraceId(trace = '1'): string {
  return trace.padStart(32, '0')
}

export function toSpanId(id: string): string {
  return id.padStart(16, '0')
}

function toOtlpSpan(span: CompactSpan): object {
  const [start, end] = span.ms
  return {
    traceId: toTraceId(span.trace),
    spanId: toSpanId(span.id),
    ...(span.parent === undefined ? {} : { parentSpanId: toSpanId(span.parent) }),
    name: span.name,
    kind: KINDS[span.kind ?? 'internal'],
    startTimeUnixNano: toNs(start),
    endTimeUnixNano: toNs(end),
    status: { code: STATUS_CODES[span.status ?? 'unset'], message: span.statusMessage ?? '' },
    attributes: toKeyValues(span.attributes ?? {}),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: toNs(event.ms),
      attributes: toKeyValues(event.attributes ?? {}),
    })),
  }
}

function toKeyValues(attributes: Readonly<Record<string, CompactValue>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toAnyValue(value) }))
}

function toAnyValue(value: CompactValue): object {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
  return { arrayValue: { values: value.map(toAnyValue) } }
}

function toNs(ms: number): string {
  return String(EPOCH_NS + BigInt(Math.round(ms * 1_000_000)))
}
