/** The messages of a trace export (opentelemetry-proto 1.x), as protobufjs takes them. */

export const EXPORT_SERVICE = 'TraceService'

const field = (id: number, type: string): object => ({ id, type })
const repeated = (id: number, type: string): object => ({ id, type, rule: 'repeated' })
const message = (fields: Readonly<Record<string, object>>): object => ({ fields })

export const OTLP = {
  nested: {
    TraceService: {
      methods: { Export: { requestType: 'ExportRequest', responseType: 'ExportResponse' } },
    },
    ExportRequest: message({ resourceSpans: repeated(1, 'ResourceSpans') }),
    ExportResponse: message({}),
    ResourceSpans: message({
      resource: field(1, 'Resource'),
      scopeSpans: repeated(2, 'ScopeSpans'),
      schemaUrl: field(3, 'string'),
    }),
    Resource: message({ attributes: repeated(1, 'KeyValue') }),
    ScopeSpans: message({
      scope: field(1, 'Scope'),
      spans: repeated(2, 'Span'),
      schemaUrl: field(3, 'string'),
    }),
    Scope: message({
      name: field(1, 'string'),
      version: field(2, 'string'),
      attributes: repeated(3, 'KeyValue'),
    }),
    Span: message({
      traceId: field(1, 'bytes'),
      spanId: field(2, 'bytes'),
      traceState: field(3, 'string'),
      parentSpanId: field(4, 'bytes'),
      name: field(5, 'string'),
      kind: field(6, 'uint32'),
      startTimeUnixNano: field(7, 'fixed64'),
      endTimeUnixNano: field(8, 'fixed64'),
      attributes: repeated(9, 'KeyValue'),
      events: repeated(11, 'Event'),
      links: repeated(13, 'Link'),
      status: field(15, 'Status'),
      flags: field(16, 'fixed32'),
    }),
    Event: message({
      timeUnixNano: field(1, 'fixed64'),
      name: field(2, 'string'),
      attributes: repeated(3, 'KeyValue'),
    }),
    Link: message({ traceId: field(1, 'bytes'), spanId: field(2, 'bytes') }),
    Status: message({ message: field(2, 'string'), code: field(3, 'uint32') }),
    KeyValue: message({ key: field(1, 'string'), value: field(2, 'AnyValue') }),
    AnyValue: message({
      stringValue: field(1, 'string'),
      boolValue: field(2, 'bool'),
      intValue: field(3, 'int64'),
      doubleValue: field(4, 'double'),
      arrayValue: field(5, 'ArrayValue'),
      kvlistValue: field(6, 'KeyValueList'),
      bytesValue: field(7, 'bytes'),
    }),
    ArrayValue: message({ values: repeated(1, 'AnyValue') }),
    KeyValueList: message({ values: repeated(1, 'KeyValue') }),
  },
}
