import { type Span, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { KEYS_BY_SPAN, MESSAGE_CHARS_MAX } from '../vocabulary.ts'
import { AttributeEncoder, VALUE_CHARS_MAX } from './attribute-encoder.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import type { RecordedSpan } from './recorded-span.ts'
import type { Scrubber } from './scrub.ts'

/** Fields of `ScopeSpans`, `Span` and `Status` in opentelemetry-proto v1. */
const TAG_SPAN = 0x12
const TAG_TRACE_ID = 0x0a
const TAG_SPAN_ID = 0x12
const TAG_PARENT_SPAN_ID = 0x22
const TAG_NAME = 0x2a
const TAG_KIND = 0x30
const TAG_START_TIME = 0x39
const TAG_END_TIME = 0x41
const TAG_ATTRIBUTES = 0x4a
const TAG_STATUS = 0x7a
const TAG_STATUS_MESSAGE = 0x12
const TAG_STATUS_CODE = 0x18
const TAG_FLAGS = [0x85, 0x01] as const

/** Of `Span.flags`: whether the parent is known to be remote, and whether it is. */
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/** Names of spans that are kept encoded: they are made of paths, routes and models. */
const NAMES_REMEMBERED_MAX = 256

/**
 * Turns spans into the bytes in which they are queued, spooled and sent: `spans` fields of an OTLP
 * `ScopeSpans`, one behind the other. The only way out for an attribute: keys by allow-list, every
 * text scrubbed and cut (I10).
 */
export class SpanEncoder {
  readonly #out = new ProtobufWriter()
  readonly #scrubber: Scrubber
  readonly #names = new Map<string, Uint8Array>()
  readonly #attributes: ReadonlyMap<string, ReadonlyMap<unknown, AttributeEncoder>>

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber
    const encoders = new Map<string, AttributeEncoder>()
    const encoderOf = (key: string): AttributeEncoder => {
      const known = encoders.get(key)
      const encoder = known ?? new AttributeEncoder({ key, tag: TAG_ATTRIBUTES, scrubber })
      if (known === undefined) encoders.set(key, encoder)
      return encoder
    }
    this.#attributes = new Map(
      Object.entries(KEYS_BY_SPAN).map(([name, keys]) => [
        name,
        new Map(keys.map((key) => [key, encoderOf(key)])),
      ]),
    )
  }

  encode(spans: readonly RecordedSpan[]): Uint8Array {
    this.#out.reset()
    for (const span of spans) this.#encodeSpan(span)
    return this.#out.take()
  }

  #encodeSpan({ name, span, attributes }: RecordedSpan): void {
    if (!isReadable(span)) throw new TypeError('the SDK made a span that cannot be read')
    const out = this.#out
    const start = out.open(TAG_SPAN)
    this.#encodeIdentity(span)
    const encoders = this.#attributes.get(name)
    for (let index = 1; index < attributes.length; index += 2) {
      const value = attributes[index]
      if (value !== undefined) encoders?.get(attributes[index - 1])?.encode(value, out)
    }
    this.#encodeStatus(span)
    out.close(start)
  }

  #encodeIdentity(span: ReadableSpan): void {
    const out = this.#out
    const { traceId, spanId, traceFlags } = span.spanContext()
    const parent = span.parentSpanContext
    this.#id(TAG_TRACE_ID, TRACE_ID_BYTES, traceId)
    this.#id(TAG_SPAN_ID, SPAN_ID_BYTES, spanId)
    if (parent !== undefined) this.#id(TAG_PARENT_SPAN_ID, SPAN_ID_BYTES, parent.spanId)
    out.field(TAG_NAME, this.#encodeName(span.name))
    out.byte(TAG_KIND)
    // The API has no value for "unspecified", which is 0 on the wire.
    out.byte(span.kind + 1)
    out.byte(TAG_START_TIME)
    out.nanoseconds(span.startTime[0], span.startTime[1])
    out.byte(TAG_END_TIME)
    out.nanoseconds(span.endTime[0], span.endTime[1])
    out.byte(TAG_FLAGS[0])
    out.byte(TAG_FLAGS[1])
    out.fixed32(traceFlags | HAS_IS_REMOTE | (parent?.isRemote === true ? IS_REMOTE : 0))
  }

  #id(tag: number, bytes: number, id: string): void {
    this.#out.byte(tag)
    this.#out.byte(bytes)
    this.#out.hex(id)
  }

  #encodeName(name: string): Uint8Array {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const bytes = Buffer.from(this.#scrubber.scrub(name, VALUE_CHARS_MAX))
    if (this.#names.size >= NAMES_REMEMBERED_MAX) this.#names.clear()
    this.#names.set(name, bytes)
    return bytes
  }

  #encodeStatus({ status }: ReadableSpan): void {
    if (status.code === SpanStatusCode.UNSET) return
    const out = this.#out
    const start = out.open(TAG_STATUS)
    if (status.message !== undefined) {
      const message = this.#scrubber.scrub(status.message, MESSAGE_CHARS_MAX)
      out.field(TAG_STATUS_MESSAGE, Buffer.from(message))
    }
    out.byte(TAG_STATUS_CODE)
    out.byte(status.code)
    out.close(start)
  }
}

/** What the SDK's tracer makes is both; its type says only what may be written. */
function isReadable(span: Span): span is Span & ReadableSpan {
  return 'startTime' in span && 'parentSpanContext' in span
}
