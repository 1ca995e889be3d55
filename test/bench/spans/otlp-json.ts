/** OTLP/JSON as far as what is sent here uses it. */
export interface JsonExport {
  readonly resourceSpans: readonly JsonResourceSpans[]
}

export interface JsonResourceSpans {
  readonly resource: { readonly attributes: readonly JsonKeyValue[] }
  readonly scopeSpans: readonly {
    readonly scope: { readonly name?: string; readonly version?: string }
    readonly spans: readonly JsonSpan[]
  }[]
}

export interface JsonSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly flags?: number
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly JsonKeyValue[]
  readonly events?: readonly {
    readonly name: string
    readonly timeUnixNano: string
    readonly attributes?: readonly JsonKeyValue[]
  }[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

export interface JsonKeyValue {
  readonly key: string
  readonly value: JsonValue
}

interface JsonValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly JsonValue[] }
}

export function spansOf(exported: JsonExport): readonly JsonSpan[] {
  return exported.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  )
}

/** One body of several exports; what shares a resource and scope is sent in one group. */
export function joinExports(exports: readonly JsonExport[]): JsonExport {
  const groups = new Map<string, { readonly head: JsonResourceSpans; readonly spans: JsonSpan[] }>()
  for (const { resourceSpans } of exports) {
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const { scope, spans } of scopeSpans) {
        const head = { resource, scopeSpans: [{ scope, spans: [] }] }
        const key = JSON.stringify(head)
        const group = groups.get(key) ?? { head, spans: [] }
        group.spans.push(...spans)
        groups.set(key, group)
      }
    }
  }
  return {
    resourceSpans: [...groups.values()].map(({ head, spans }) => ({
      resource: head.resource,
      scopeSpans: head.scopeSpans.map(({ scope }) => ({ scope, spans })),
    })),
  }
}

/** The same as an `ExportTraceServiceRequest`, written apart from the program that reads it. */
export function toProtobuf({ resourceSpans }: JsonExport): Buffer {
  return Buffer.concat(
    resourceSpans.map(({ resource, scopeSpans }) =>
      field(1, [
        field(1, keyValues(1, resource.attributes)),
        ...scopeSpans.map(({ scope, spans }) =>
          field(2, [
            field(1, [text(1, scope.name), text(2, scope.version)]),
            ...spans.map((span) => field(2, spanFields(span))),
          ]),
        ),
      ]),
    ),
  )
}

function spanFields(span: JsonSpan): readonly Buffer[] {
  return [
    field(1, [Buffer.from(span.traceId, 'hex')]),
    field(2, [Buffer.from(span.spanId, 'hex')]),
    span.parentSpanId ? field(4, [Buffer.from(span.parentSpanId, 'hex')]) : EMPTY,
    text(5, span.name),
    number(6, span.kind),
    fixed64(7, span.startTimeUnixNano),
    fixed64(8, span.endTimeUnixNano),
    ...keyValues(9, span.attributes),
    ...(span.events ?? []).map((event) =>
      field(11, [
        fixed64(1, event.timeUnixNano),
        text(2, event.name),
        ...keyValues(3, event.attributes),
      ]),
    ),
    span.status ? field(15, [text(2, span.status.message), number(3, span.status.code)]) : EMPTY,
    span.flags === undefined ? EMPTY : fixed32(16, span.flags),
  ]
}

function keyValues(id: number, attributes: readonly JsonKeyValue[] = []): readonly Buffer[] {
  return attributes.map(({ key, value }) => field(id, [text(1, key), field(2, [anyValue(value)])]))
}

function anyValue(value: JsonValue): Buffer {
  if (value.stringValue !== undefined) return field(1, [Buffer.from(value.stringValue)])
  if (value.boolValue !== undefined) return Buffer.from([0x10, value.boolValue ? 1 : 0])
  if (value.intValue !== undefined)
    return Buffer.concat([tag(3, 0), varint(BigInt(value.intValue))])
  if (value.doubleValue !== undefined) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value.doubleValue)
    return Buffer.concat([tag(4, 1), bytes])
  }
  if (value.arrayValue !== undefined) {
    return field(
      5,
      (value.arrayValue.values ?? []).map((item) => field(1, [anyValue(item)])),
    )
  }
  return EMPTY
}

const EMPTY = Buffer.alloc(0)

function field(id: number, parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([tag(id, 2), varint(BigInt(length)), ...parts])
}

function text(id: number, value: string | undefined): Buffer {
  return value ? field(id, [Buffer.from(value)]) : EMPTY
}

function number(id: number, value: number | undefined): Buffer {
  return value ? Buffer.concat([tag(id, 0), varint(BigInt(value))]) : EMPTY
}

function fixed64(id: number, value: string): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return Buffer.concat([tag(id, 1), bytes])
}

function fixed32(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([tag(id, 5), bytes])
}

function tag(id: number, wireType: number): Buffer {
  return varint(BigInt(id * 8 + wireType))
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
