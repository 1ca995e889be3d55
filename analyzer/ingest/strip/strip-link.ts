import { LINKS_MAX } from '../limits.ts'
import { MessageScan, visitMessages } from '../otlp/message-scan.ts'
import {
  type ProtobufReader,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_VARINT,
} from '../otlp/protobuf-reader.ts'
import type { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../otlp/span-ids.ts'
import type { AttributeStripper } from './strip-attributes.ts'
import { stripTraceState } from './strip-trace-state.ts'

export interface LinkStripperOptions {
  readonly reader: ProtobufReader
  readonly writer: ProtobufWriter
  readonly attributes: AttributeStripper
}

const LINK = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  attributes: 4,
  dropped: 5,
  flags: 6,
} as const
const LAYOUT = [
  undefined,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_VARINT,
  WIRE_FIXED32,
]

/** Nobody reads links yet; they are kept for the day when somebody does. */
export class LinkStripper {
  readonly #options: LinkStripperOptions
  readonly #scan = new MessageScan(LAYOUT)

  constructor(options: LinkStripperOptions) {
    this.#options = options
  }

  /** Writes the links that the span's scan found under this field number; how many it dropped. */
  strip(scan: MessageScan, field: number): number {
    const { reader, writer } = this.#options
    let invalid = 0
    const rest = visitMessages(reader, { scan, field, max: LINKS_MAX }, () => {
      const before = writer.mark()
      const mark = writer.open(field, reader.end - reader.position)
      this.#strip()
      writer.close(mark)
      // A link to nowhere says nothing; its span is not to blame.
      if (!isWhole(this.#scan)) {
        writer.rewind(before)
        invalid += 1
      }
    })
    return rest + invalid
  }

  /** The link that the reader stands in. */
  #strip(): void {
    const { reader, writer, attributes } = this.#options
    const scan = this.#scan
    scan.read(reader)
    scan.copy(LINK.traceId, reader, writer)
    scan.copy(LINK.spanId, reader, writer)
    const traceState = stripTraceState(scan.string(reader, LINK.traceState))
    if (traceState !== '') writer.stringField(LINK.traceState, traceState)
    attributes.strip(scan, LINK)
    scan.copy(LINK.flags, reader, writer)
  }
}

function isWhole(scan: MessageScan): boolean {
  return scan.length(LINK.traceId) === TRACE_ID_BYTES && scan.length(LINK.spanId) === SPAN_ID_BYTES
}
