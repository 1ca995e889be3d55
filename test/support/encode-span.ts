import { ProtobufWriter } from '../../analyzer/ingest/otlp/protobuf-writer.ts'
import { KINDS, STATUS_CODES } from '../../analyzer/ingest/otlp/span-codes.ts'
import type { SpanContext } from '../../analyzer/ingest/otlp/span-context.ts'
import type { Attributes, AttributeValue, Scope, Span } from '../../analyzer/story/span.ts'

export function encodeSpan(span: Span): Buffer {
  const writer = new ProtobufWriter()
  writeSpan(writer, span)
  return writer.finish()
}

/** A resource and a scope, stored once for all the spans that share them. */
export function encodeContext(context: SpanContext): Buffer {
  const writer = new ProtobufWriter()
  writer.messageField(1, (resource) => writeAttributes(resource, 1, context.resource))
  writer.messageField(2, (scope) => writeScope(scope, context.scope))
  return writer.finish()
}

export function writeSpan(writer: ProtobufWriter, span: Span): void {
  writer.bytesField(1, Buffer.from(span.traceId, 'hex'))
  writer.bytesField(2, Buffer.from(span.spanId, 'hex'))
  if (span.parentSpanId !== '') writer.bytesField(4, Buffer.from(span.parentSpanId, 'hex'))
  writer.stringField(5, span.name)
  writer.varintField(6, KINDS.indexOf(span.kind))
  writer.fixed64Field(7, span.startTimeNs)
  writer.fixed64Field(8, span.endTimeNs)
  writeAttributes(writer, 9, span.attributes)
  for (const event of span.events) {
    writer.messageField(11, (message) => {
      message.fixed64Field(1, BigInt.asUintN(64, event.timeNs))
      message.stringField(2, event.name)
      writeAttributes(message, 3, event.attributes)
    })
  }
  writer.messageField(15, (message) => {
    if (span.status.message !== '') message.stringField(2, span.status.message)
    message.varintField(3, STATUS_CODES.indexOf(span.status.code))
  })
}

export function writeScope(writer: ProtobufWriter, scope: Scope): void {
  writer.stringField(1, scope.name)
  writer.stringField(2, scope.version)
}

export function writeAttributes(
  writer: ProtobufWriter,
  field: number,
  attributes: Attributes,
): void {
  for (const [key, value] of attributes) {
    writer.messageField(field, (message) => writeKeyValue(message, key, value))
  }
}

function writeKeyValue(writer: ProtobufWriter, key: string, value: AttributeValue): void {
  writer.stringField(1, key)
  writer.messageField(2, (message) => writeValue(message, value))
}

function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (value === null) return
  if (typeof value === 'string') writer.stringField(1, value)
  else if (typeof value === 'boolean') writer.varintField(2, value ? 1 : 0)
  else if (typeof value === 'bigint') writer.varintField(3, value)
  else if (typeof value === 'number') writeNumber(writer, value)
  else if (value instanceof Uint8Array) writer.bytesField(7, value)
  else if (value instanceof Map) {
    writer.messageField(6, (list) => {
      for (const [key, item] of value) {
        list.messageField(1, (message) => writeKeyValue(message, key, item))
      }
    })
  } else if (isList(value)) {
    writer.messageField(5, (list) => {
      for (const item of value) list.messageField(1, (message) => writeValue(message, item))
    })
  }
}

/**
 * JavaScript has one kind of number: whole ones are written as integers, which reads back equal.
 */
function writeNumber(writer: ProtobufWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.varintField(3, value)
  else writer.doubleField(4, value)
}

function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
