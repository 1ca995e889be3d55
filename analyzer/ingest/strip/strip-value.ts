import type { ValueBudget } from '../otlp/value-budget.ts'
import { NAME_CHARS_MAX } from '../limits.ts'
import {
  type ProtobufReader,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from '../otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import { readArray, readMap } from '../otlp/read-value.ts'
import { stripBytes, stripContent, stripText, type Field } from './strip-text.ts'
import type { Treatment } from './treatment.ts'

export interface ValueStripperOptions {
  readonly reader: ProtobufReader
  readonly budget: ValueBudget
  readonly salt: Uint8Array
  readonly treatmentOf: (key: string) => Treatment
}

/** What is done with a value, and under which key: that of a map's value begins with the map's. */
interface KeyedField extends Field {
  readonly key: string
}

/**
 * Strips one attribute, whatever is in it: bytes in, bytes out. Numbers are copied as they are,
 * texts are treated, fields that OTLP does not know are left out.
 */
export class ValueStripper {
  readonly #options: ValueStripperOptions
  readonly #writer = new ProtobufWriter(16 * 1024)

  constructor(options: ValueStripperOptions) {
    this.#options = options
  }

  /** The `KeyValue` that stands there, stripped; undefined where its key is longer than a name. */
  keyValue(start: number, end: number): Buffer | undefined {
    const { reader, salt } = this.#options
    reader.seek(start, end)
    this.#writer.rewind(0)
    const kept = this.#keyValue({ prefix: '', salt }, 1)
    return kept ? this.#writer.take() : undefined
  }

  /** Strips what the reader stands in; whether there is anything to keep. */
  #keyValue({ prefix, salt }: { prefix: string; salt: Uint8Array }, depth: number): boolean {
    const { reader, treatmentOf } = this.#options
    const own = this.#key()
    const key = prefix + own
    const field: KeyedField = { key, treatment: treatmentOf(key), salt }
    const writer = this.#writer
    writer.stringField(1, own)
    const mark = writer.mark()
    while (reader.next()) {
      if (!reader.is(2, WIRE_BYTES)) {
        this.#skipUnknown(KEY_STRING_INDEX)
        continue
      }
      writer.rewind(mark)
      this.#message(2, () => this.#value(field, depth))
    }
    return own.length <= NAME_CHARS_MAX
  }

  /** Of the `KeyValue` that the reader stands in; it may come last. */
  #key(): string {
    const { reader } = this.#options
    const { position, end } = reader
    let key = ''
    while (reader.next()) {
      if (reader.is(1, WIRE_BYTES)) key = reader.string()
      else reader.skip()
    }
    reader.seek(position, end)
    return key
  }

  /** The `AnyValue` that the reader stands in; of several fields the last counts. */
  #value(field: KeyedField, depth: number): void {
    const { reader, budget } = this.#options
    budget.spend(depth)
    const writer = this.#writer
    const mark = writer.mark()
    for (let at = reader.position; reader.next(); at = reader.position) {
      switch (reader.field) {
        case 1:
          reader.expect(WIRE_BYTES)
          writer.rewind(mark)
          writer.stringField(1, stripText(reader.string(), field))
          break
        case 2:
        case 3:
        case 4:
          reader.expect(reader.field === 4 ? WIRE_FIXED64 : WIRE_VARINT)
          reader.skip()
          writer.rewind(mark)
          writer.raw(reader.source, at, reader.position)
          break
        case 5:
        case 6:
          reader.expect(WIRE_BYTES)
          writer.rewind(mark)
          this.#compound(field, depth + 1)
          break
        case 7:
          reader.expect(WIRE_BYTES)
          writer.rewind(mark)
          writer.stringField(1, stripBytes(reader.bytes().length))
          break
        default:
          this.#skipUnknown(VALUE_STRING_INDEX)
      }
    }
  }

  /** The list or map that the reader stands before; `depth` is that of its values. */
  #compound(field: KeyedField, depth: number): void {
    const { reader, budget } = this.#options
    const isList = reader.field === 5
    if (field.treatment.kind === 'shape') {
      const outerEnd = reader.enter()
      const value = (isList ? readArray : readMap)(reader, { depth, budget })
      reader.leave(outerEnd)
      this.#writer.stringField(1, stripContent(value, field))
      return
    }
    this.#message(reader.field, () => {
      while (reader.next()) {
        if (!reader.is(1, WIRE_BYTES)) reader.skip()
        else if (isList) this.#message(1, () => this.#value(field, depth))
        else this.#entry(field, depth)
      }
    })
  }

  #entry({ key, salt }: KeyedField, depth: number): void {
    const mark = this.#writer.mark()
    let kept = false
    this.#message(1, () => {
      kept = this.#keyValue({ prefix: `${key}.`, salt }, depth)
    })
    if (!kept) this.#writer.rewind(mark)
  }

  /** Reads an embedded message, and writes one with what `strip` makes of it. */
  #message(field: number, strip: () => void): void {
    const { reader } = this.#options
    const outerEnd = reader.enter()
    const mark = this.#writer.open(field, reader.end - reader.position)
    strip()
    this.#writer.close(mark)
    reader.leave(outerEnd)
  }

  #skipUnknown(stringIndex: number): void {
    const { reader, budget } = this.#options
    if (reader.field === stringIndex) budget.stringIndexes += 1
    reader.skip()
  }
}

/** Fields of `common.proto` that stand for strings of a profile's string table. */
const KEY_STRING_INDEX = 3
const VALUE_STRING_INDEX = 8
