import type { AttributeValue } from '@opentelemetry/api'
import * as v from '../vocabulary.ts'
import { ProtobufWriter, fieldBytes, varintBytes } from './protobuf-writer.ts'
import type { Scrubber } from './scrub.ts'

/**
 * Names of models, routes and upstream ids; longer ones are somebody's attempt to fill the store.
 */
export const VALUE_CHARS_MAX = 256
/** Elements of a list: routes of a chain, deployments skipped. */
const LIST_LENGTH_MAX = 64
/**
 * Texts of one key, and lists of texts, that are kept encoded: names come with every span. Beyond
 * it the key's values are ids after all, and the memory starts anew. 64 characters and their key at
 * most: 64 KiB for the texts of a key, and as much for its lists.
 */
const REMEMBERED_MAX = 256
const REMEMBERED_CHARS_MAX = 64

/** Ids and messages of others: remembering them would only push out what does come again. */
const NEVER_TWICE: ReadonlySet<string> = new Set([
  v.ATTR_GEN_AI_RESPONSE_ID,
  v.ATTR_UPSTREAM_REQUEST_ID,
  ...v.MESSAGE_KEYS,
])

/** Fields of `Span`, `KeyValue`, `AnyValue` and `ArrayValue` in opentelemetry-proto v1. */
const TAG_KEY = 0x0a
const TAG_VALUE = 0x12
const TAG_STRING = 0x0a
const TAG_BOOL = 0x10
const TAG_INT = 0x18
const TAG_DOUBLE = 0x21
const TAG_ARRAY = 0x2a
const TAG_ELEMENT = 0x0a

export interface AttributeEncoderOptions {
  readonly key: string
  /** Tag of the field that the attribute is: `Span.attributes`, `Resource.attributes`. */
  readonly tag: number
  readonly scrubber: Scrubber
}

/**
 * Encodes the values of one attribute, cleaned and cut. A text that comes again is copied as the
 * bytes of its whole attribute: of some fifty attributes of a request, a handful is new.
 */
export class AttributeEncoder {
  readonly #tag: number
  /** The key, and the tag of the value that follows it. */
  readonly #key: Uint8Array
  readonly #scrubber: Scrubber
  readonly #charsMax: number
  readonly #isDouble: boolean
  readonly #isNew: boolean
  readonly #texts = new Map<string, Uint8Array>()
  readonly #lists = new Map<string, Uint8Array>()

  constructor({ key, tag, scrubber }: AttributeEncoderOptions) {
    this.#tag = tag
    this.#scrubber = scrubber
    this.#charsMax = v.MESSAGE_KEYS.has(key) ? v.MESSAGE_CHARS_MAX : VALUE_CHARS_MAX
    this.#isDouble = v.DOUBLE_KEYS.has(key)
    this.#isNew = NEVER_TWICE.has(key)
    const name = new ProtobufWriter()
    name.field(TAG_KEY, Buffer.from(key))
    name.byte(TAG_VALUE)
    this.#key = name.take()
  }

  /** Nothing is written for NaN and infinities: OTLP/JSON has no word for them. */
  encode(value: AttributeValue, out: ProtobufWriter): void {
    if (typeof value === 'string') this.#encodeText(value, out)
    else if (typeof value === 'boolean') {
      this.#begin(out, 2)
      out.byte(TAG_BOOL)
      out.byte(value ? 1 : 0)
    } else if (typeof value === 'number') this.#encodeNumber(value, out)
    else this.#encodeList(value, out)
  }

  /** Everything up to the value itself, which takes `size` bytes. */
  #begin(out: ProtobufWriter, size: number): void {
    out.byte(this.#tag)
    out.varint(this.#key.length + varintBytes(size) + size)
    out.raw(this.#key)
    out.varint(size)
  }

  #encodeText(value: string, out: ProtobufWriter): void {
    if (this.#isNew || value.length > REMEMBERED_CHARS_MAX) this.#writeText(value, out)
    else {
      out.raw(remember(this.#texts, value, (whole) => this.#writeText(value, whole)))
    }
  }

  #writeText(value: string, out: ProtobufWriter): void {
    const bytes = this.#clean(value)
    this.#begin(out, fieldBytes(bytes.length))
    out.field(TAG_STRING, bytes)
  }

  #encodeNumber(value: number, out: ProtobufWriter): void {
    if (!Number.isFinite(value)) return
    if (this.#isDouble || !Number.isSafeInteger(value)) {
      this.#begin(out, 9)
      out.byte(TAG_DOUBLE)
      out.double(value)
    } else {
      this.#begin(out, 1 + (value < 0 ? NEGATIVE_INT_BYTES : varintBytes(value)))
      out.byte(TAG_INT)
      out.varint(value)
    }
  }

  /** Most are empty, or name the same route every time. */
  #encodeList(values: readonly unknown[], out: ProtobufWriter): void {
    const key = JSON.stringify(values)
    if (key.length > REMEMBERED_CHARS_MAX) this.#writeList(values, out)
    else out.raw(remember(this.#lists, key, (whole) => this.#writeList(values, whole)))
  }

  #writeList(values: readonly unknown[], out: ProtobufWriter): void {
    const texts = values
      .slice(0, LIST_LENGTH_MAX)
      .filter((element) => typeof element === 'string')
      .map((element) => this.#clean(element))
    const size = texts.reduce((sum, text) => sum + fieldBytes(fieldBytes(text.length)), 0)
    this.#begin(out, fieldBytes(size))
    out.byte(TAG_ARRAY)
    out.varint(size)
    for (const text of texts) {
      out.byte(TAG_ELEMENT)
      out.varint(fieldBytes(text.length))
      out.field(TAG_STRING, text)
    }
  }

  #clean(text: string): Uint8Array {
    return Buffer.from(this.#scrubber.scrub(text, this.#charsMax))
  }
}

/** What `write` writes for `value`, written once. */
function remember(
  known: Map<string, Uint8Array>,
  value: string,
  write: (whole: ProtobufWriter) => void,
): Uint8Array {
  const before = known.get(value)
  if (before !== undefined) return before
  const whole = new ProtobufWriter(512)
  write(whole)
  const bytes = whole.take()
  if (known.size >= REMEMBERED_MAX) known.clear()
  known.set(value, bytes)
  return bytes
}

const NEGATIVE_INT_BYTES = 10
