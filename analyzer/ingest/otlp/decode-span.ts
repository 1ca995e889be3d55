import type {
  Attributes,
  AttributeValue,
  Scope,
  Span,
  SpanEvent,
  SpanHead,
  SpanStatus,
} from '../../story/span.ts'
import { ValueBudget } from './value-budget.ts'
import {
  MalformedError,
  ProtobufReader,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from './protobuf-reader.ts'
import { readKeyValue, type Nesting } from './read-value.ts'
import { KINDS, STATUS_CODES } from './span-codes.ts'
import type { SpanContext } from './span-context.ts'
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from './span-ids.ts'

/**
 * The span that these bytes of a `SpanRecord` are; throws for anything else. Nothing is stripped
 * and no limit is applied: that was done when they were written.
 */
export function decodeSpan(bytes: Uint8Array, context: SpanContext): Span {
  const reader = new ProtobufReader(bytes)
  const nesting: Nesting = { depth: 1, budget: new ValueBudget() }
  const attributes = new Map<string, AttributeValue>()
  const events: SpanEvent[] = []
  let traceId = ''
  let spanId = ''
  let parentSpanId = ''
  let name = ''
  let kind = 0
  let startTimeNs = 0n
  let endTimeNs = 0n
  let status: SpanStatus = UNSET
  while (reader.next()) {
    if (reader.is(9, WIRE_BYTES)) readAttribute(reader, attributes, nesting)
    else if (reader.is(1, WIRE_BYTES)) traceId = readId(reader, TRACE_ID_BYTES)
    else if (reader.is(2, WIRE_BYTES)) spanId = readId(reader, SPAN_ID_BYTES)
    else if (reader.is(4, WIRE_BYTES)) parentSpanId = readId(reader, SPAN_ID_BYTES)
    else if (reader.is(5, WIRE_BYTES)) name = reader.string()
    else if (reader.is(6, WIRE_VARINT)) kind = reader.uint32()
    else if (reader.is(7, WIRE_FIXED64)) startTimeNs = reader.fixed64()
    else if (reader.is(8, WIRE_FIXED64)) endTimeNs = reader.fixed64()
    else if (reader.is(11, WIRE_BYTES)) events.push(readEvent(reader, nesting))
    else if (reader.is(15, WIRE_BYTES)) status = readStatus(reader)
    else reader.skip()
  }
  if (traceId === '' || spanId === '') throw new MalformedError('the span has no ids')
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind: KINDS[kind] ?? 'unspecified',
    startTimeNs,
    endTimeNs,
    status,
    attributes,
    events,
    scope: context.scope,
    resource: context.resource,
  }
}

/** Name and kind of the span that these bytes are: nothing behind the kind is read. */
export function decodeHead(bytes: Uint8Array): Pick<SpanHead, 'name' | 'kind'> {
  const reader = new ProtobufReader(bytes)
  let name = ''
  while (reader.next()) {
    if (reader.is(6, WIRE_VARINT)) return { name, kind: KINDS[reader.uint32()] ?? 'unspecified' }
    if (reader.is(5, WIRE_BYTES)) name = reader.string()
    else reader.skip()
  }
  return { name, kind: 'unspecified' }
}

/** When the span that these bytes are began and ended, and whether it failed. */
export function decodeTimes(bytes: Uint8Array): SpanTime {
  const reader = new ProtobufReader(bytes)
  let startTimeNs = 0n
  let endTimeNs = 0n
  let failed = false
  while (reader.next()) {
    if (reader.is(7, WIRE_FIXED64)) startTimeNs = reader.fixed64()
    else if (reader.is(8, WIRE_FIXED64)) endTimeNs = reader.fixed64()
    else if (reader.is(15, WIRE_BYTES)) failed = readStatus(reader).code === 'error'
    else reader.skip()
  }
  return { startTimeNs, endTimeNs, failed }
}

/** The resource and the scope that these bytes of a `ContextRecord` are; throws likewise. */
export function decodeContext(bytes: Uint8Array): SpanContext {
  const reader = new ProtobufReader(bytes)
  let resource: Attributes = new Map()
  let scope: Scope = { name: '', version: '' }
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) resource = readResource(reader)
    else if (reader.is(2, WIRE_BYTES)) scope = readScope(reader)
    else reader.skip()
  }
  return { resource, scope }
}

export interface SpanTime extends Pick<Span, 'startTimeNs' | 'endTimeNs'> {
  readonly failed: boolean
}

const UNSET: SpanStatus = { code: 'unset', message: '' }

function readId(reader: ProtobufReader, length: number): string {
  const id = reader.hex()
  // Some senders write the parent of a root as no bytes.
  if (id.length !== 2 * length && id.length > 0)
    throw new MalformedError(`an id is ${id.length / 2} bytes long`)
  return id
}

function readResource(reader: ProtobufReader): Attributes {
  const nesting: Nesting = { depth: 1, budget: new ValueBudget() }
  const attributes = new Map<string, AttributeValue>()
  const outerEnd = reader.enter()
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) readAttribute(reader, attributes, nesting)
    else reader.skip()
  }
  reader.leave(outerEnd)
  return attributes
}

function readScope(reader: ProtobufReader): Scope {
  let name = ''
  let version = ''
  const outerEnd = reader.enter()
  while (reader.next()) {
    if (reader.is(1, WIRE_BYTES)) name = reader.string()
    else if (reader.is(2, WIRE_BYTES)) version = reader.string()
    else reader.skip()
  }
  reader.leave(outerEnd)
  return { name, version }
}

function readEvent(reader: ProtobufReader, nesting: Nesting): SpanEvent {
  const attributes = new Map<string, AttributeValue>()
  let timeNs = 0n
  let name = ''
  const outerEnd = reader.enter()
  while (reader.next()) {
    if (reader.is(1, WIRE_FIXED64)) timeNs = reader.fixed64()
    else if (reader.is(2, WIRE_BYTES)) name = reader.string()
    else if (reader.is(3, WIRE_BYTES)) readAttribute(reader, attributes, nesting)
    else reader.skip()
  }
  reader.leave(outerEnd)
  return { name, timeNs, attributes }
}

function readStatus(reader: ProtobufReader): SpanStatus {
  let code = 0
  let message = ''
  const outerEnd = reader.enter()
  while (reader.next()) {
    if (reader.is(2, WIRE_BYTES)) message = reader.string()
    else if (reader.is(3, WIRE_VARINT)) code = reader.uint32()
    else reader.skip()
  }
  reader.leave(outerEnd)
  // A code from a later version of the protocol says nothing that we could judge by.
  return { code: STATUS_CODES[code] ?? 'unset', message }
}

/** Of two attributes of one name, which OTLP forbids, the last counts. */
function readAttribute(
  reader: ProtobufReader,
  into: Map<string, AttributeValue>,
  nesting: Nesting,
): void {
  const outerEnd = reader.enter()
  const [key, value] = readKeyValue(reader, nesting)
  into.set(key, value)
  reader.leave(outerEnd)
}
