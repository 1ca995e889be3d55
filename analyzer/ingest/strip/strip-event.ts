import { EVENTS_MAX, NAME_CHARS_MAX } from '../limits.ts'
import { MessageScan, visitMessages } from '../otlp/message-scan.ts'
import {
  type ProtobufReader,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from '../otlp/protobuf-reader.ts'
import type { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import { scrubSecrets } from './scrub-secrets.ts'
import type { AttributeStripper } from './strip-attributes.ts'

export interface EventStripperOptions {
  readonly reader: ProtobufReader
  readonly writer: ProtobufWriter
  readonly attributes: AttributeStripper
  /** Of events that carry content, under keys that elsewhere are harmless. */
  readonly contentAttributes: AttributeStripper
}

const EVENT = { time: 1, name: 2, attributes: 3, dropped: 4 } as const
const LAYOUT = [undefined, WIRE_FIXED64, WIRE_BYTES, WIRE_BYTES, WIRE_VARINT]

/** Content events (`gen_ai.user.message`) put it under bare keys such as `content`. */
const CONTENT_EVENT = /^(?:gen_ai|llm|ai|traceloop)\./u

export class EventStripper {
  readonly #options: EventStripperOptions
  readonly #scan = new MessageScan(LAYOUT)

  constructor(options: EventStripperOptions) {
    this.#options = options
  }

  /** Writes the events that the span's scan found under this field number; how many it dropped. */
  strip(scan: MessageScan, field: number): number {
    const { reader, writer } = this.#options
    return visitMessages(reader, { scan, field, max: EVENTS_MAX }, () => {
      const mark = writer.open(field, reader.end - reader.position)
      this.#strip()
      writer.close(mark)
    })
  }

  /** The event that the reader stands in. */
  #strip(): void {
    const { reader, writer, attributes, contentAttributes } = this.#options
    const scan = this.#scan
    scan.read(reader)
    scan.copy(EVENT.time, reader, writer)
    const name = scan.string(reader, EVENT.name).slice(0, NAME_CHARS_MAX)
    if (name !== '') writer.stringField(EVENT.name, scrubSecrets(name))
    const stripper = CONTENT_EVENT.test(name) ? contentAttributes : attributes
    stripper.strip(scan, EVENT)
  }
}
