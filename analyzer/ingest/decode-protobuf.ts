import type { Attributes, AttributeValue, Scope, SpanEvent, SpanStatus } from '../story/span.ts'
import { RejectedError, SpanSink, type DecodedSpans } from './decoded.ts'
import { ATTRIBUTES_MAX, EVENTS_MAX, NAME_CHARS_MAX } from './limits.ts'
import { ProtobufReader, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from './protobuf-reader.ts'
import { finishSpan, statusOf, type SpanDraft } from './span-draft.ts'

/** How deep a value stands, and who counts it. */
interface Nesting {
  readonly depth: number
  readonly sink: SpanSink
}

/**
 * Reads `ExportTraceServiceRequest` bodies; several in a row are one, as protobuf has it for
 * repeated fields. Field numbers are those of opentelemetry-proto `trace/v1/trace.proto`. Throws
 * `MalformedError`.
 */
export function decodeProtobuf(body: Uint8Array): DecodedSpans {
  const sink = new SpanSink()
  const reader = new ProtobufReader(body)
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) readResourceSpans(reader.message(), sink)
    else reader.skip()
  }
  return sink.result()
}

function readResourceSpans(reader: ProtobufReader, sink: SpanSink): void {
  const resource = readResourceOf(reader.rewound(), sink)
  while (reader.next()) {
    if (reader.is(2, WIRE_BYTES)) readScopeSpans(reader.message(), { resource, sink })
    else reader.skip()
  }
}

/** Fields may come in any order: a resource that stands after its spans is still theirs. */
function readResourceOf(reader: ProtobufReader, sink: SpanSink): Attributes {
  let resource: Attributes = new Map()
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) resource = readResource(reader.message(), sink)
    else reader.skip()
  }
  return resource
}

export function readResource(reader: ProtobufReader, sink: SpanSink): Attributes {
  const attributes = new Map<string, AttributeValue>()
  while (reader.next()) {
    if (!reader.is(1, WIRE_BYTES)) {
      reader.skip()
      continue
    }
    try {
      readAttribute(reader.message(), attributes, sink)
    } catch (error: unknown) {
      // The spans are not to blame for their resource: only this value is lost.
      if (!(error instanceof RejectedError)) throw error
    }
  }
  return attributes
}

function readScopeSpans(
  reader: ProtobufReader,
  { resource, sink }: { readonly resource: Attributes; readonly sink: SpanSink },
): void {
  const scope = readScopeOf(reader.rewound())
  while (reader.next()) {
    if (reader.is(2, WIRE_BYTES)) {
      const span = reader.message()
      sink.add(() => finishSpan(readSpanFields(span, sink), { scope, resource }))
    } else reader.skip()
  }
}

function readScopeOf(reader: ProtobufReader): Scope {
  let scope: Scope = { name: '', version: '' }
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) scope = readScope(reader.message())
    else reader.skip()
  }
  return scope
}

export function readScope(reader: ProtobufReader): Scope {
  let name = ''
  let version = ''
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) name = reader.string().slice(0, NAME_CHARS_MAX)
    else if (reader.is(2, WIRE_BYTES)) version = reader.string().slice(0, NAME_CHARS_MAX)
    else reader.skip()
  }
  return { name, version }
}

/** The fields of one `Span` message. Also reads back what `encode-span.ts` wrote. */
export function readSpanFields(reader: ProtobufReader, sink: SpanSink): SpanDraft {
  const attributes = new Map<string, AttributeValue>()
  const events: SpanEvent[] = []
  const draft: SpanDraft = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startTimeNs: 0n,
    endTimeNs: 0n,
    status: { code: 'unset', message: '' },
    attributes,
    events,
  }
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) draft.traceId = reader.bytes().toString('hex')
    else if (reader.is(2, WIRE_BYTES)) draft.spanId = reader.bytes().toString('hex')
    else if (reader.is(4, WIRE_BYTES)) draft.parentSpanId = reader.bytes().toString('hex')
    else if (reader.is(5, WIRE_BYTES)) draft.name = reader.string()
    else if (reader.is(6, WIRE_VARINT)) draft.kind = reader.uint32()
    else if (reader.is(7, WIRE_FIXED64)) draft.startTimeNs = reader.fixed64()
    else if (reader.is(8, WIRE_FIXED64)) draft.endTimeNs = reader.fixed64()
    else if (reader.is(9, WIRE_BYTES)) readAttribute(reader.message(), attributes, sink)
    else if (reader.is(11, WIRE_BYTES) && events.length < EVENTS_MAX) {
      events.push(readEvent(reader.message(), sink))
    } else if (reader.is(15, WIRE_BYTES)) draft.status = readStatus(reader.message())
    else reader.skip()
  }
  return draft
}

function readEvent(reader: ProtobufReader, sink: SpanSink): SpanEvent {
  const attributes = new Map<string, AttributeValue>()
  let timeNs = 0n
  let name = ''
  while (reader.next()) {
    if (reader.is(1, WIRE_FIXED64)) timeNs = reader.fixed64()
    else if (reader.is(2, WIRE_BYTES)) name = reader.string().slice(0, NAME_CHARS_MAX)
    else if (reader.is(3, WIRE_BYTES)) readAttribute(reader.message(), attributes, sink)
    else reader.skip()
  }
  return { name, timeNs, attributes }
}

function readStatus(reader: ProtobufReader): SpanStatus {
  let code = 0
  let message = ''
  while (reader.next()) {
    if (reader.is(2, WIRE_BYTES)) message = reader.string()
    else if (reader.is(3, WIRE_VARINT)) code = reader.uint32()
    else reader.skip()
  }
  return statusOf(code, message)
}

/** Of two attributes of one name, which OTLP forbids, the last counts. */
function readAttribute(
  reader: ProtobufReader,
  into: Map<string, AttributeValue>,
  sink: SpanSink,
): void {
  const [key, value] = readKeyValue(reader, { depth: 1, sink })
  if (into.size < ATTRIBUTES_MAX || into.has(key)) into.set(key, value)
}

function readKeyValue(reader: ProtobufReader, nesting: Nesting): [string, AttributeValue] {
  let key = ''
  let value: AttributeValue = null
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) key = reader.string()
    else if (reader.is(2, WIRE_BYTES)) value = readValue(reader.message(), nesting)
    else reader.skip()
  }
  return [key, value]
}

/** `AnyValue`; without any field it is empty, which OTLP allows. */
function readValue(reader: ProtobufReader, nesting: Nesting): AttributeValue {
  nesting.sink.countValue(nesting.depth)
  const inner = { depth: nesting.depth + 1, sink: nesting.sink }
  let value: AttributeValue = null
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) value = reader.string()
    else if (reader.is(2, WIRE_VARINT)) value = reader.bool()
    else if (reader.is(3, WIRE_VARINT)) value = reader.int64()
    else if (reader.is(4, WIRE_FIXED64)) value = reader.double()
    else if (reader.is(5, WIRE_BYTES)) value = readArray(reader.message(), inner)
    else if (reader.is(6, WIRE_BYTES)) value = readMap(reader.message(), inner)
    // A copy: a view would keep the whole body alive.
    else if (reader.is(7, WIRE_BYTES)) value = Uint8Array.from(reader.bytes())
    else reader.skip()
  }
  return value
}

function readArray(reader: ProtobufReader, nesting: Nesting): AttributeValue {
  const values: AttributeValue[] = []
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) values.push(readValue(reader.message(), nesting))
    else reader.skip()
  }
  return values
}

function readMap(reader: ProtobufReader, nesting: Nesting): AttributeValue {
  const values = new Map<string, AttributeValue>()
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) values.set(...readKeyValue(reader.message(), nesting))
    else reader.skip()
  }
  return values
}
