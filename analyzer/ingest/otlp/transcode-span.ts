import { EVENTS_MAX, LINKS_MAX } from '../limits.ts'
import { JSON_BYTES } from './json-bytes.ts'
import { JsonMembers } from './json-members.ts'
import type { JsonTape } from './json-tape.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { RejectedError } from './rejections.ts'
import type { ScalarTranscoder } from './transcode-scalars.ts'
import type { ValueTranscoder } from './transcode-value.ts'

const { OPEN_BRACE } = JSON_BYTES

/** Each stands at the number of its field in protobuf, which has no field 0. */
const SPAN = [
  '',
  'traceId',
  'spanId',
  'traceState',
  'parentSpanId',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'droppedAttributesCount',
  'events',
  'droppedEventsCount',
  'links',
  'droppedLinksCount',
  'status',
  'flags',
] as const
const STATUS = ['', '', 'message', 'code'] as const
const EVENT = ['', 'timeUnixNano', 'name', 'attributes', 'droppedAttributesCount'] as const
const LINK = [
  '',
  'traceId',
  'spanId',
  'traceState',
  'attributes',
  'droppedAttributesCount',
  'flags',
] as const

export interface SpanTranscoderParts {
  readonly tape: JsonTape
  readonly writer: ProtobufWriter
  readonly scalars: ScalarTranscoder
  readonly values: ValueTranscoder
}

/** Writes the fields of a span; throws `RejectedError` where protobuf has no words for it. */
export class SpanTranscoder {
  readonly #parts: SpanTranscoderParts
  readonly #span = new JsonMembers(SPAN)
  readonly #status = new JsonMembers(STATUS)
  readonly #event = new JsonMembers(EVENT)
  readonly #link = new JsonMembers(LINK)

  constructor(parts: SpanTranscoderParts) {
    this.#parts = parts
  }

  write(token: number): void {
    const { tape, scalars, values } = this.#parts
    const span = this.#span
    if (!span.read(tape, token)) throw new RejectedError('not-a-span')
    scalars.id(1, span.at(1))
    scalars.id(2, span.at(2))
    scalars.text(3, span.at(3))
    scalars.id(4, span.at(4))
    scalars.text(5, span.at(5))
    scalars.code(6, span.at(6))
    scalars.time(7, span.at(7))
    scalars.time(8, span.at(8))
    this.#writeStatus(span.at(15))
    values.attributes(9, span.at(9))
    scalars.count(10, span.at(10))
    this.#writeEvents(span.at(11))
    scalars.count(12, span.at(12))
    this.#writeLinks(span.at(13))
    scalars.count(14, span.at(14))
    scalars.flags(16, span.at(16))
  }

  #writeStatus(token: number): void {
    const { tape, writer, scalars } = this.#parts
    if (!this.#status.read(tape, token)) return
    const mark = writer.open(15)
    scalars.text(2, this.#status.at(2))
    scalars.code(3, this.#status.at(3))
    writer.close(mark)
  }

  #writeEvents(list: number): void {
    const { tape, writer, scalars, values } = this.#parts
    const event = this.#event
    for (const [index, item] of tape.itemsOf(list).entries()) {
      const mark = writer.open(11)
      // Those beyond the limit are counted, and nothing of them is looked at.
      if (index < EVENTS_MAX) {
        if (!event.read(tape, item)) throw new RejectedError('not-a-span')
        scalars.time(1, event.at(1))
        scalars.text(2, event.at(2))
        values.attributes(3, event.at(3))
        scalars.count(4, event.at(4))
      }
      writer.close(mark)
    }
  }

  #writeLinks(list: number): void {
    const { tape, writer, scalars, values } = this.#parts
    const link = this.#link
    for (const [index, item] of tape.itemsOf(list).entries()) {
      const mark = writer.open(13)
      // What is no link is found to be none later, and is no fault of its span.
      if (index < LINKS_MAX && tape.kind(item) === OPEN_BRACE) {
        link.read(tape, item)
        scalars.id(1, link.at(1))
        scalars.id(2, link.at(2))
        scalars.text(3, link.at(3))
        values.attributes(4, link.at(4))
        scalars.count(5, link.at(5))
        scalars.flags(6, link.at(6))
      }
      writer.close(mark)
    }
  }
}
