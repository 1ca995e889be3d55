import { RejectedError, type Rejections } from './rejections.ts'
import { EVENTS_MAX, LINKS_MAX } from '../limits.ts'
import { isObject, type JsonObject, listOf, textOf } from './parse-json.ts'
import { MalformedError } from './protobuf-reader.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import { writeAttributes } from './transcode-value.ts'

/**
 * OTLP/JSON as the same request in protobuf, so that one path strips both: camelCase keys only,
 * enums as numbers, ids as hex of either case, 64-bit numbers as text or as numbers, unknown keys
 * ignored (OTLP specification, "JSON Protobuf Encoding"). Spans that protobuf has no words for are
 * counted as rejected; what is wrong otherwise is found on the way that both take. Throws
 * `MalformedError`.
 */
export function toProtobuf(document: unknown, rejections: Rejections): Buffer {
  const writer = new ProtobufWriter(CHUNK_BYTES)
  writeRequest(document, writer, rejections)
  return writer.take()
}

const CHUNK_BYTES = 64 * 1024

/** Lengths that most messages have, so that little is moved when theirs is known. */
const USUAL_BYTES = { list: 0x4000, span: 0x80 } as const

function writeRequest(request: unknown, writer: ProtobufWriter, rejections: Rejections): void {
  if (!isObject(request)) throw new MalformedError('the body is not a JSON object')
  complainOfOtherNames(request)
  for (const resourceSpans of listOf(request, 'resourceSpans')) {
    if (!isObject(resourceSpans)) throw new MalformedError('resourceSpans holds a non-object')
    const mark = writer.open(1, USUAL_BYTES.list)
    writeResource(writer, resourceSpans['resource'])
    for (const scopeSpans of listOf(resourceSpans, 'scopeSpans')) {
      if (!isObject(scopeSpans)) throw new MalformedError('scopeSpans holds a non-object')
      const scopeMark = writer.open(2, USUAL_BYTES.list)
      writeScope(writer, scopeSpans['scope'])
      for (const span of listOf(scopeSpans, 'spans')) tryWriteSpan(span, writer, rejections)
      writer.close(scopeMark)
    }
    writer.close(mark)
  }
}

/** Unknown keys are ignored by rule, but these are mistakes that would look like empty requests. */
function complainOfOtherNames(request: JsonObject): void {
  if (Object.hasOwn(request, 'resourceSpans')) return
  if (Object.hasOwn(request, 'resource_spans')) {
    throw new MalformedError('OTLP/JSON keys are lowerCamelCase: resourceSpans, not resource_spans')
  }
  for (const [key, what] of [
    ['resourceLogs', 'logs'],
    ['resourceMetrics', 'metrics'],
  ] as const) {
    if (Object.hasOwn(request, key)) throw new MalformedError(`these are ${what}, not traces`)
  }
}

function writeResource(writer: ProtobufWriter, resource: unknown): void {
  if (!isObject(resource)) return
  const mark = writer.open(1, USUAL_BYTES.span)
  writeAttributes(writer, 1, listOf(resource, 'attributes').filter(isObject))
  writeCount(writer, 2, resource['droppedAttributesCount'])
  writer.close(mark)
}

function writeScope(writer: ProtobufWriter, scope: unknown): void {
  if (!isObject(scope)) return
  const mark = writer.open(1)
  writer.stringField(1, textOf(scope, 'name'))
  writer.stringField(2, textOf(scope, 'version'))
  writeAttributes(writer, 3, listOf(scope, 'attributes').filter(isObject))
  writeCount(writer, 4, scope['droppedAttributesCount'])
  writer.close(mark)
}

function tryWriteSpan(span: unknown, writer: ProtobufWriter, rejections: Rejections): void {
  const before = writer.mark()
  try {
    if (!isObject(span)) throw new RejectedError('not-a-span')
    const mark = writer.open(2, USUAL_BYTES.span)
    writeSpan(writer, span)
    writer.close(mark)
  } catch (error: unknown) {
    if (!(error instanceof RejectedError)) throw error
    writer.rewind(before)
    rejections.add(error.reason)
  }
}

function writeSpan(writer: ProtobufWriter, span: JsonObject): void {
  writeId(writer, 1, textOf(span, 'traceId'))
  writeId(writer, 2, textOf(span, 'spanId'))
  writer.stringField(3, textOf(span, 'traceState'))
  writeId(writer, 4, textOf(span, 'parentSpanId'))
  writer.stringField(5, textOf(span, 'name'))
  writeEnum(writer, 6, span['kind'])
  writeTime(writer, 7, span['startTimeUnixNano'])
  writeTime(writer, 8, span['endTimeUnixNano'])
  const status = span['status']
  if (isObject(status)) {
    const mark = writer.open(15)
    writer.stringField(2, textOf(status, 'message'))
    writeEnum(writer, 3, status['code'])
    writer.close(mark)
  }
  writeAttributes(writer, 9, listOf(span, 'attributes'))
  writeCount(writer, 10, span['droppedAttributesCount'])
  writeEvents(writer, listOf(span, 'events'))
  writeCount(writer, 12, span['droppedEventsCount'])
  writeLinks(writer, listOf(span, 'links'))
  writeCount(writer, 14, span['droppedLinksCount'])
  writeFlags(writer, 16, span['flags'])
}

function writeEvents(writer: ProtobufWriter, events: readonly unknown[]): void {
  for (const [index, event] of events.entries()) {
    const mark = writer.open(11)
    // Those beyond the limit are counted, and nothing of them is looked at.
    if (index < EVENTS_MAX) {
      if (!isObject(event)) throw new RejectedError('not-a-span')
      writeTime(writer, 1, event['timeUnixNano'])
      writer.stringField(2, textOf(event, 'name'))
      writeAttributes(writer, 3, listOf(event, 'attributes'))
      writeCount(writer, 4, event['droppedAttributesCount'])
    }
    writer.close(mark)
  }
}

function writeLinks(writer: ProtobufWriter, links: readonly unknown[]): void {
  for (const [index, link] of links.entries()) {
    const mark = writer.open(13)
    // What is no link is found to be none later, and is no fault of its span.
    if (index < LINKS_MAX && isObject(link)) {
      writeId(writer, 1, textOf(link, 'traceId'))
      writeId(writer, 2, textOf(link, 'spanId'))
      writer.stringField(3, textOf(link, 'traceState'))
      writeAttributes(writer, 4, listOf(link, 'attributes'))
      writeCount(writer, 5, link['droppedAttributesCount'])
      writeFlags(writer, 6, link['flags'])
    }
    writer.close(mark)
  }
}

const HEX = /^(?:[0-9a-f]{2})+$/iu
const ZEROS = /^0*$/u
/** Of no id's length: what is not hex is refused where ids are looked at. */
const NO_ID = Uint8Array.of(0xff)

function writeId(writer: ProtobufWriter, field: number, id: string): void {
  if (ZEROS.test(id)) return
  if (HEX.test(id)) writer.hexField(field, id)
  else writer.bytesField(field, NO_ID)
}

const TIME = /^\d{1,20}$/u
const FIXED64_MAX = 2n ** 64n - 1n

/** Absent is zero in protobuf; anything that is no time, we would have to make up. */
function writeTime(writer: ProtobufWriter, field: number, value: unknown): void {
  if (value === undefined || value === null) return
  const timeNs = nanosecondsOf(value)
  if (timeNs === undefined) throw new RejectedError('time-invalid')
  writer.fixed64Field(field, timeNs > FIXED64_MAX ? FIXED64_MAX : timeNs)
}

function nanosecondsOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') return TIME.test(value) ? BigInt(value) : undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined
  return BigInt(value)
}

/** The specification allows numbers only; a name is the commonest mistake of hand-made JSON. */
function writeEnum(writer: ProtobufWriter, field: number, value: unknown): void {
  if (value === undefined || value === null) return
  if (typeof value !== 'number') throw new RejectedError('kind-invalid')
  writeCount(writer, field, value)
}

/** Of numbers that nobody depends on, what is none is left out. */
function writeCount(writer: ProtobufWriter, field: number, value: unknown): void {
  if (isUint32(value)) writer.varintField(field, value)
}

function writeFlags(writer: ProtobufWriter, field: number, value: unknown): void {
  if (isUint32(value)) writer.fixed32Field(field, value)
}

function isUint32(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < 2 ** 32 && Number.isInteger(value)
}
