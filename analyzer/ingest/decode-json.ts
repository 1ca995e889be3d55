import type { Attributes, AttributeValue, Scope, SpanEvent, SpanStatus } from '../story/span.ts'
import { RejectedError, SpanSink, type DecodedSpans } from './decoded.ts'
import { ATTRIBUTES_MAX, EVENTS_MAX, NAME_CHARS_MAX } from './limits.ts'
import { MalformedError } from './protobuf-reader.ts'
import { scanJson } from './scan-json.ts'
import { finishSpan, statusOf, type SpanDraft } from './span-draft.ts'

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads OTLP/JSON: camelCase keys only, enums as numbers, ids as hex of either case, 64-bit numbers
 * as text or as numbers, unknown keys ignored (OTLP specification, "JSON Protobuf Encoding").
 * Throws `MalformedError`.
 */
export function decodeJson(body: Uint8Array): DecodedSpans {
  const sink = new SpanSink()
  readRequest(parseJson(body), sink)
  return sink.result()
}

export function parseJson(body: Uint8Array): unknown {
  const problem = scanJson(body)
  if (problem !== undefined) throw new MalformedError(`the JSON is ${problem}`)
  try {
    // Also drops a byte order mark, which `JSON.parse` would trip over.
    return JSON.parse(new TextDecoder().decode(body))
  } catch (error: unknown) {
    throw new MalformedError('the body is not JSON', { cause: error })
  }
}

export function readRequest(request: unknown, sink: SpanSink): void {
  if (!isObject(request)) throw new MalformedError('the body is not a JSON object')
  complainOfOtherNames(request)
  for (const resourceSpans of list(request, 'resourceSpans')) {
    if (!isObject(resourceSpans)) throw new MalformedError('resourceSpans holds a non-object')
    const resource = readResource(own(resourceSpans, 'resource'), sink)
    for (const scopeSpans of list(resourceSpans, 'scopeSpans')) {
      if (!isObject(scopeSpans)) throw new MalformedError('scopeSpans holds a non-object')
      const scope = readScope(own(scopeSpans, 'scope'))
      for (const span of list(scopeSpans, 'spans')) {
        sink.add(() => finishSpan(readSpan(span, sink), { scope, resource }))
      }
    }
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

function readResource(resource: unknown, sink: SpanSink): Attributes {
  if (!isObject(resource)) return new Map()
  try {
    return readAttributes(resource, sink)
  } catch (error: unknown) {
    // The spans are not to blame for their resource.
    if (error instanceof RejectedError) return new Map()
    throw error
  }
}

function readScope(scope: unknown): Scope {
  if (!isObject(scope)) return { name: '', version: '' }
  return {
    name: text(scope, 'name').slice(0, NAME_CHARS_MAX),
    version: text(scope, 'version').slice(0, NAME_CHARS_MAX),
  }
}

function readSpan(span: unknown, sink: SpanSink): SpanDraft {
  if (!isObject(span)) throw new RejectedError('not-a-span')
  return {
    traceId: text(span, 'traceId').toLowerCase(),
    spanId: text(span, 'spanId').toLowerCase(),
    parentSpanId: text(span, 'parentSpanId').toLowerCase(),
    name: text(span, 'name'),
    kind: enumNumber(span, 'kind'),
    startTimeNs: timeNs(span, 'startTimeUnixNano'),
    endTimeNs: timeNs(span, 'endTimeUnixNano'),
    status: readStatus(own(span, 'status')),
    attributes: readAttributes(span, sink),
    events: list(span, 'events')
      .slice(0, EVENTS_MAX)
      .map((event) => readEvent(event, sink)),
  }
}

function readStatus(status: unknown): SpanStatus {
  if (!isObject(status)) return statusOf(0, '')
  return statusOf(enumNumber(status, 'code'), text(status, 'message'))
}

function readEvent(event: unknown, sink: SpanSink): SpanEvent {
  if (!isObject(event)) throw new RejectedError('not-a-span')
  return {
    name: text(event, 'name').slice(0, NAME_CHARS_MAX),
    timeNs: timeNs(event, 'timeUnixNano'),
    attributes: readAttributes(event, sink),
  }
}

function readAttributes(holder: JsonObject, sink: SpanSink): Attributes {
  const attributes = new Map<string, AttributeValue>()
  for (const entry of list(holder, 'attributes')) {
    if (!isObject(entry)) throw new RejectedError('not-a-span')
    const key = text(entry, 'key')
    const value = readValue(own(entry, 'value'), { depth: 1, sink })
    if (attributes.size < ATTRIBUTES_MAX || attributes.has(key)) attributes.set(key, value)
  }
  return attributes
}

/** `AnyValue`: the first known key of it counts; none is an empty value, which OTLP allows. */
function readValue(
  value: unknown,
  nesting: { readonly depth: number; readonly sink: SpanSink },
): AttributeValue {
  nesting.sink.countValue(nesting.depth)
  if (!isObject(value)) return null
  const inner = { depth: nesting.depth + 1, sink: nesting.sink }
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = ownFields(value)
  if (typeof stringValue === 'string') return stringValue
  if (typeof boolValue === 'boolean') return boolValue
  if (intValue !== undefined) return integer(intValue)
  if (doubleValue !== undefined) return double(doubleValue)
  if (typeof bytesValue === 'string') return Uint8Array.from(Buffer.from(bytesValue, 'base64'))
  const array = own(value, 'arrayValue')
  if (isObject(array)) return list(array, 'values').map((item) => readValue(item, inner))
  const map = own(value, 'kvlistValue')
  if (isObject(map)) return readMap(map, inner)
  return null
}

function readMap(
  map: JsonObject,
  nesting: { readonly depth: number; readonly sink: SpanSink },
): AttributeValue {
  const values = new Map<string, AttributeValue>()
  for (const entry of list(map, 'values')) {
    if (isObject(entry)) values.set(text(entry, 'key'), readValue(own(entry, 'value'), nesting))
  }
  return values
}

function ownFields(value: JsonObject): Readonly<Record<ValueKey, unknown>> {
  return {
    stringValue: own(value, 'stringValue'),
    boolValue: own(value, 'boolValue'),
    intValue: own(value, 'intValue'),
    doubleValue: own(value, 'doubleValue'),
    bytesValue: own(value, 'bytesValue'),
  }
}

type ValueKey = 'stringValue' | 'boolValue' | 'intValue' | 'doubleValue' | 'bytesValue'

const INTEGER = /^-?\d{1,20}$/u

function integer(value: unknown): AttributeValue {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !INTEGER.test(value)) return null
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, BigInt(value))
}

/** Protobuf's JSON mapping writes the three numbers that JSON has no word for as text. */
function double(value: unknown): AttributeValue {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value !== '' ? Number(value) : null
}

function timeNs(holder: JsonObject, key: string): bigint {
  const value = own(holder, key)
  if (typeof value === 'string' && /^\d{1,20}$/u.test(value)) return BigInt(value)
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return BigInt(value)
  // Absent is zero in protobuf; anything else is a time that we would have to make up.
  if (value === undefined || value === null) return 0n
  throw new RejectedError('time-invalid')
}

function enumNumber(holder: JsonObject, key: string): number {
  const value = own(holder, key)
  if (value === undefined || value === null) return 0
  // The specification allows numbers only; a name here is the commonest mistake of hand-made JSON.
  if (typeof value !== 'number') throw new RejectedError('kind-invalid')
  return value
}

function text(holder: JsonObject, key: string): string {
  const value = own(holder, key)
  return typeof value === 'string' ? value : ''
}

function list(holder: JsonObject, key: string): readonly unknown[] {
  const value = own(holder, key)
  return Array.isArray(value) ? value : []
}

/** Own properties only: `__proto__` and `toString` in the input are data like any other. */
function own(holder: JsonObject, key: string): unknown {
  return Object.hasOwn(holder, key) ? holder[key] : undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
