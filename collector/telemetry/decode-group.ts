import { type AttributeValue, type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { Origin, SpanGroup } from './encode-export.ts'
import { ProtobufReader } from './protobuf-reader.ts'

const NS_PER_SECOND = 1_000_000_000n
const IS_REMOTE = 0x200

/** In the order of the wire's numbers, which begin with "unspecified". */
const KINDS: readonly SpanKind[] = [
  SpanKind.INTERNAL,
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
]

/** Who recorded a span, as the SDK has it. */
type Recorder = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>

/**
 * Spans again from the bytes in which they waited: for a receiver that wants another encoding than
 * theirs. Knows the fields that are written here, and throws a `RangeError` at any other.
 */
export function createGroupDecoder(): (group: SpanGroup) => ReadableSpan[] {
  const recorders = new WeakMap<Origin, Recorder>()
  return ({ bytes, origin }) => {
    const recorder = recorders.get(origin) ?? decodeOrigin(origin)
    recorders.set(origin, recorder)
    const spans: ReadableSpan[] = []
    forEachField(bytes, (_, reader) => spans.push(decodeSpan(reader.bytes(), recorder)))
    return spans
  }
}

function decodeOrigin({ resource, scope }: Origin): Recorder {
  const attributes: Attributes = {}
  forEachField(inner(resource), (_, reader) => addAttribute(reader.bytes(), attributes))
  const [name = '', version = ''] = textsOf(inner(scope))
  return { resource: resourceFromAttributes(attributes), instrumentationScope: { name, version } }
}

/** The one message that a field of known bytes holds. */
function inner(field: Uint8Array): Uint8Array {
  const reader = new ProtobufReader(field)
  reader.varint()
  return reader.bytes()
}

function textsOf(message: Uint8Array): readonly string[] {
  const texts: string[] = []
  forEachField(message, (_, reader) => texts.push(toText(reader.bytes())))
  return texts
}

function decodeSpan(message: Uint8Array, recorder: Recorder): ReadableSpan {
  const ids = { traceId: '', spanId: '', parentSpanId: '' }
  let [name, flags] = ['', 0]
  let kind = SpanKind.INTERNAL
  let [start, end] = [0n, 0n]
  let status: ReadableSpan['status'] = { code: SpanStatusCode.UNSET }
  const attributes: Attributes = {}
  forEachField(message, (field, reader) => {
    if (field === 1) ids.traceId = toHex(reader.bytes())
    else if (field === 2) ids.spanId = toHex(reader.bytes())
    else if (field === 4) ids.parentSpanId = toHex(reader.bytes())
    else if (field === 5) name = toText(reader.bytes())
    else if (field === 6) kind = KINDS[reader.varint()] ?? kind
    else if (field === 7) start = reader.fixed64()
    else if (field === 8) end = reader.fixed64()
    else if (field === 9) addAttribute(reader.bytes(), attributes)
    else if (field === 15) status = decodeStatus(reader.bytes())
    else if (field === 16) flags = reader.fixed32()
    else throw new RangeError(`field ${field} is none that is written here`)
  })
  const context = { traceId: ids.traceId, spanId: ids.spanId, traceFlags: flags & 0xff }
  const isRemote = (flags & IS_REMOTE) !== 0
  return {
    ...recorder,
    name,
    kind,
    spanContext: () => context,
    ...(ids.parentSpanId !== '' && {
      parentSpanContext: { ...context, spanId: ids.parentSpanId, isRemote },
    }),
    startTime: toHrTime(start),
    endTime: toHrTime(end),
    duration: toHrTime(end - start),
    ended: true,
    status,
    attributes,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function decodeStatus(message: Uint8Array): ReadableSpan['status'] {
  let isError = false
  let text: string | undefined
  forEachField(message, (field, reader) => {
    if (field === 2) text = toText(reader.bytes())
    else isError = reader.varint() === 2
  })
  const code = isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET
  return { code, ...(text !== undefined && { message: text }) }
}

function addAttribute(message: Uint8Array, attributes: Attributes): void {
  let key = ''
  forEachField(message, (field, reader) => {
    if (field === 1) key = toText(reader.bytes())
    else attributes[key] = decodeValue(reader.bytes())
  })
}

function decodeValue(message: Uint8Array): AttributeValue {
  let value: AttributeValue = ''
  forEachField(message, (field, reader) => {
    if (field === 1) value = toText(reader.bytes())
    else if (field === 2) value = reader.varint() === 1
    else if (field === 3) value = reader.int64()
    else if (field === 4) value = reader.double()
    else value = decodeList(reader.bytes())
  })
  return value
}

function decodeList(message: Uint8Array): string[] {
  const texts: string[] = []
  forEachField(message, (_, reader) => texts.push(...textsOf(reader.bytes())))
  return texts
}

function forEachField(
  message: Uint8Array,
  visit: (field: number, reader: ProtobufReader) => void,
): void {
  const reader = new ProtobufReader(message)
  while (!reader.atEnd) visit(reader.varint() >>> 3, reader)
}

function toHrTime(nanoseconds: bigint): [number, number] {
  return [Number(nanoseconds / NS_PER_SECOND), Number(nanoseconds % NS_PER_SECOND)]
}

function toText(bytes: Uint8Array): string {
  return asBuffer(bytes).toString()
}

function toHex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
