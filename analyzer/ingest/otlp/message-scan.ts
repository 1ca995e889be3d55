import { type ProtobufReader, WIRE_BYTES } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** How a message is laid out: the wire type of each field that is known, by its number. */
export type Layout = readonly (number | undefined)[]

const NOT_KNOWN = -1

/**
 * Where the fields of one message stand, found in one look at it and without reading into them:
 * fields may come in any order, and those that matter first may come last. Of a field that comes
 * several times the last counts, as protobuf has it; all of them are counted.
 */
export class MessageScan {
  readonly #layout: Int8Array
  readonly #places: Int32Array

  constructor(layout: Layout) {
    this.#layout = Int8Array.from(layout, (wire) => wire ?? NOT_KNOWN)
    this.#places = new Int32Array(4 * layout.length)
  }

  /** Reads the message that the reader stands in, to its end. */
  read(reader: ProtobufReader): void {
    const places = this.#places
    const layout = this.#layout
    const { source, end } = reader
    places.fill(0)
    for (let at = reader.position; at < end; at = reader.position) {
      const tag = source[at] ?? 0
      const length = source[at + 1] ?? 0x80
      const field = tag >> 3
      // A tag and a length of one byte each, as nearly all have, without calling out.
      if (tag < 0x80 && (tag & 7) === WIRE_BYTES && layout[field] === WIRE_BYTES && length < 0x80) {
        const start = at + 2
        if (start + length <= end) {
          reader.position = start + length
          this.#place(field, at, start)
          places[4 * field + 3] = start + length
          continue
        }
      }
      this.#step(reader, at)
    }
  }

  #step(reader: ProtobufReader, at: number): void {
    reader.next()
    const { field } = reader
    const wire = this.#layout[field] ?? NOT_KNOWN
    if (wire === NOT_KNOWN) {
      reader.skip()
      return
    }
    reader.expect(wire)
    let start = reader.position
    if (wire === WIRE_BYTES) {
      const outerEnd = reader.enter()
      start = reader.position
      reader.leave(outerEnd)
    } else reader.skip()
    this.#place(field, at, start)
    this.#places[4 * field + 3] = reader.position
  }

  #place(field: number, at: number, start: number): void {
    const places = this.#places
    const place = 4 * field
    const count = places[place] ?? 0
    if (count === 0) places[place + 1] = at
    places[place] = count + 1
    places[place + 2] = start
  }

  has(field: number): boolean {
    return this.count(field) > 0
  }

  count(field: number): number {
    return this.#places[4 * field] ?? 0
  }

  /** Where the tag of the first of them stands. */
  first(field: number): number {
    return this.#places[4 * field + 1] ?? 0
  }

  /** Where the content of the last of them begins. */
  start(field: number): number {
    return this.#places[4 * field + 2] ?? 0
  }

  /** Where the last of them ends. */
  end(field: number): number {
    return this.#places[4 * field + 3] ?? 0
  }

  length(field: number): number {
    return this.end(field) - this.start(field)
  }

  /** Writes a field as it came; nothing where there is none. */
  copy(field: number, reader: ProtobufReader, writer: ProtobufWriter): void {
    if (!this.has(field)) return
    const wire = this.#layout[field] ?? 0
    writer.tag(field, wire)
    if (wire === WIRE_BYTES) writer.varint(this.length(field))
    writer.raw(reader.source, this.start(field), this.end(field))
  }

  /** The text of a field with a length; empty where there is none. */
  string(reader: ProtobufReader, field: number): string {
    return this.has(field) ? reader.source.toString('utf8', this.start(field), this.end(field)) : ''
  }

  /** Of a number; 0 where there is none. Moves the reader. */
  uint32(reader: ProtobufReader, field: number): number {
    if (!this.has(field)) return 0
    reader.seek(this.start(field), this.end(field))
    return reader.uint32()
  }
}

const DROPPED_MAX = 0xffff_ffff

/** How many of something were dropped, by the sender and by us; nothing is written of none. */
export function writeDropped(writer: ProtobufWriter, field: number, dropped: number): void {
  if (dropped > 0) writer.varintField(field, Math.min(dropped, DROPPED_MAX))
}

export interface Repeated {
  readonly scan: MessageScan
  readonly field: number
  readonly max: number
}

/** Steps into the first messages of a repeated field; how many more of them there are. */
export function visitMessages(
  reader: ProtobufReader,
  { scan, field, max }: Repeated,
  visit: () => void,
): number {
  const end = scan.end(field)
  let visited = 0
  for (let at = scan.first(field); at < end && visited < max; at = reader.position) {
    reader.seek(at, end)
    reader.next()
    if (reader.field !== field) {
      reader.skip()
      continue
    }
    visited += 1
    reader.enter()
    const messageEnd = reader.end
    visit()
    reader.seek(messageEnd, end)
  }
  return scan.count(field) - visited
}
