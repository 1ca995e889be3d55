import { JSON_BYTES } from './json-bytes.ts'
import { ABSENT, JsonMembers } from './json-members.ts'
import type { JsonTape } from './json-tape.ts'
import type { PlainAttributes } from './plain-attributes.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { RejectedError } from './rejections.ts'
import type { ScalarTranscoder } from './transcode-scalars.ts'

const { OPEN_BRACE, LOWER_T, LOWER_F } = JSON_BYTES

const KEY_VALUE = ['key', 'keyStrindex', 'value'] as const
const ANY_VALUE = [
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'bytesValue',
  'arrayValue',
  'kvlistValue',
  'stringValueStrindex',
] as const
const LIST = ['values'] as const

export interface ValueTranscoderParts {
  readonly tape: JsonTape
  readonly plain: PlainAttributes
  readonly writer: ProtobufWriter
  readonly scalars: ScalarTranscoder
}

/** Writes attributes and their values, as deep as they are nested. */
export class ValueTranscoder {
  readonly #tape: JsonTape
  readonly #plain: PlainAttributes
  readonly #writer: ProtobufWriter
  readonly #scalars: ScalarTranscoder
  readonly #keyValue = new JsonMembers(KEY_VALUE)
  readonly #anyValue = new JsonMembers(ANY_VALUE)
  readonly #list = new JsonMembers(LIST)

  constructor({ tape, plain, writer, scalars }: ValueTranscoderParts) {
    this.#tape = tape
    this.#plain = plain
    this.#writer = writer
    this.#scalars = scalars
  }

  /** `lenient`: what is no attribute is left out, and is otherwise the fault of its span. */
  attributes(field: number, token: number, { lenient = false } = {}): void {
    const tape = this.#tape
    const end = tape.listEnd(token)
    for (let item = token + 1; item < end; item = tape.after(item)) {
      if (tape.isPlain(item)) item = this.#plainRun(field, item, end)
      else if (tape.kind(item) === OPEN_BRACE) this.#attribute(field, item)
      else if (!lenient) throw new RejectedError('not-a-span')
    }
  }

  /** As many in a row as are plain; the last of them. */
  #plainRun(field: number, first: number, end: number): number {
    const tape = this.#tape
    let last = first
    for (let item = first; item < end && tape.isPlain(item); item = tape.after(item)) {
      this.#plain.setField(tape.plainStart(item), field)
      last = item
    }
    this.#plain.copy(this.#writer, tape.plainStart(first), tape.plainEnd(last))
    return last
  }

  #attribute(field: number, token: number): void {
    const members = this.#keyValue
    members.read(this.#tape, token)
    const mark = this.#writer.open(field)
    this.#scalars.text(1, members.at(0))
    this.#scalars.stringIndex(3, members.at(1))
    this.#value(2, members.at(2))
    this.#writer.close(mark)
  }

  /** `AnyValue`: the first known key of it counts; none is an empty value, which OTLP allows. */
  #value(field: number, token: number): void {
    const mark = this.#writer.open(field)
    if (token !== ABSENT && this.#anyValue.read(this.#tape, token)) this.#knownValue()
    this.#writer.close(mark)
  }

  #knownValue(): void {
    const scalars = this.#scalars
    const members = this.#anyValue
    const bool = this.#tape.kind(members.at(1))
    if (scalars.isText(members.at(0))) scalars.text(1, members.at(0))
    else if (bool === LOWER_T || bool === LOWER_F) {
      this.#writer.varintField(2, bool === LOWER_T ? 1 : 0)
    } else if (members.at(2) !== ABSENT) scalars.integer(3, { token: members.at(2), orDouble: 4 })
    else if (members.at(3) !== ABSENT) scalars.double(4, members.at(3))
    else if (scalars.isText(members.at(4))) scalars.base64(7, members.at(4))
    else this.#compound(members.at(5), members.at(6), members.at(7))
  }

  #compound(array: number, pairs: number, stringIndex: number): void {
    const isArray = this.#tape.kind(array) === OPEN_BRACE
    if (!isArray && this.#tape.kind(pairs) !== OPEN_BRACE) {
      this.#scalars.stringIndex(8, stringIndex)
      return
    }
    const mark = this.#writer.open(isArray ? 5 : 6)
    this.#list.read(this.#tape, isArray ? array : pairs)
    const list = this.#list.at(0)
    if (isArray) for (const item of this.#tape.itemsOf(list)) this.#value(1, item)
    else this.attributes(1, list, { lenient: true })
    this.#writer.close(mark)
  }
}
