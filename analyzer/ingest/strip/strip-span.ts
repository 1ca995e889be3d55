import type { ContextRecord, SpanRecord } from '../../store/span-record.ts'
import type { RejectReason } from '../otlp/rejections.ts'
import { NAME_CHARS_MAX } from '../limits.ts'
import { MessageScan, writeDropped } from '../otlp/message-scan.ts'
import {
  type ProtobufReader,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_VARINT,
} from '../otlp/protobuf-reader.ts'
import type { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import { cutName } from './scrub-secrets.ts'
import { STATUS_ERROR } from '../otlp/span-codes.ts'
import { isAllZero, SPAN_ID_BYTES, TRACE_ID_BYTES } from '../otlp/span-ids.ts'
import { findTimes, microsecondsAt, type SpanTimes } from '../otlp/span-times.ts'
import type { AttributeStripper } from './strip-attributes.ts'
import type { EventStripper } from './strip-event.ts'
import type { LinkStripper } from './strip-link.ts'
import { cutErrorText, ERROR_TEXT_CHECK, NAME_CHECK } from './strip-text.ts'
import { stripTraceState } from './strip-trace-state.ts'

export interface SpanStripperOptions {
  readonly reader: ProtobufReader
  readonly writer: ProtobufWriter
  readonly attributes: AttributeStripper
  readonly events: EventStripper
  readonly links: LinkStripper
}

/** Numbers of `trace/v1/trace.proto`, in the order in which they are written. */
const SPAN = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTime: 7,
  endTime: 8,
  attributes: 9,
  dropped: 10,
  events: 11,
  droppedEvents: 12,
  links: 13,
  droppedLinks: 14,
  status: 15,
  flags: 16,
} as const
const LAYOUT = [
  undefined,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_VARINT,
  WIRE_FIXED64,
  WIRE_FIXED64,
  WIRE_BYTES,
  WIRE_VARINT,
  WIRE_BYTES,
  WIRE_VARINT,
  WIRE_BYTES,
  WIRE_VARINT,
  WIRE_BYTES,
  WIRE_FIXED32,
]
const STATUS = { message: 2, code: 3 } as const
const STATUS_LAYOUT = [undefined, undefined, WIRE_BYTES, WIRE_VARINT]

/**
 * One span, from the bytes that came to the bytes that are kept: validated, limited, stripped, its
 * known fields in their order, with the columns that are queried beside it.
 */
export class SpanStripper {
  /** Spans since this was set to 0 that end before they start. */
  backwards = 0
  readonly #options: SpanStripperOptions
  readonly #scan = new MessageScan(LAYOUT)
  readonly #statusScan = new MessageScan(STATUS_LAYOUT)

  constructor(options: SpanStripperOptions) {
    this.#options = options
  }

  /** The span that the reader stands in, or why it cannot be one; may throw `RejectedError`. */
  strip(context: ContextRecord): SpanRecord | RejectReason {
    const { reader, writer, attributes, events, links } = this.#options
    const scan = this.#scan
    scan.read(reader)
    const { source: bytes } = reader
    const times = findTimes(bytes, scan, { start: SPAN.startTime, end: SPAN.endTime })
    // Forgets what was written of a span that was rejected.
    writer.rewind(0)
    this.#writeHead(times)
    attributes.strip(scan, SPAN)
    const restEvents = events.strip(scan, SPAN.events)
    writeDropped(writer, SPAN.droppedEvents, restEvents + scan.uint32(reader, SPAN.droppedEvents))
    const restLinks = links.strip(scan, SPAN.links)
    writeDropped(writer, SPAN.droppedLinks, restLinks + scan.uint32(reader, SPAN.droppedLinks))
    const isError = this.#writeStatus()
    scan.copy(SPAN.flags, reader, writer)
    // Only now: of a span that is rejected too, all was read, for the body may be malformed there.
    const problem = this.#findProblem()
    if (problem !== undefined) return problem
    if (times === undefined) return 'time-invalid'
    if (times.isBackwards) this.backwards += 1
    return {
      bytes: writer.take(),
      context,
      startUs: microsecondsAt(bytes, times.startAt),
      endUs: microsecondsAt(bytes, times.endAt),
      isError,
    }
  }

  #writeHead(times: SpanTimes | undefined): void {
    const { reader, writer } = this.#options
    const scan = this.#scan
    scan.copy(SPAN.traceId, reader, writer)
    scan.copy(SPAN.spanId, reader, writer)
    if (scan.has(SPAN.traceState)) {
      const traceState = stripTraceState(scan.string(reader, SPAN.traceState))
      if (traceState !== '') writer.stringField(SPAN.traceState, traceState)
    }
    if (this.#hasParent()) scan.copy(SPAN.parentSpanId, reader, writer)
    this.#writeName()
    scan.copy(SPAN.kind, reader, writer)
    if (times === undefined) return
    writer.tag(SPAN.startTime, WIRE_FIXED64)
    writer.raw(reader.source, times.startAt, times.startAt + 8)
    writer.tag(SPAN.endTime, WIRE_FIXED64)
    writer.raw(reader.source, times.endAt, times.endAt + 8)
  }

  #hasParent(): boolean {
    const { source: bytes } = this.#options.reader
    const scan = this.#scan
    return !isAllZero(bytes, scan.start(SPAN.parentSpanId), scan.end(SPAN.parentSpanId))
  }

  #writeName(): void {
    const { reader, writer } = this.#options
    const scan = this.#scan
    if (NAME_CHECK.passes(reader.source, scan.start(SPAN.name), scan.end(SPAN.name))) {
      scan.copy(SPAN.name, reader, writer)
    } else {
      const name = scan.string(reader, SPAN.name).slice(0, NAME_CHARS_MAX)
      writer.stringField(SPAN.name, cutName(name))
    }
  }

  /** Whether it says that the span failed. */
  #writeStatus(): boolean {
    const { reader, writer } = this.#options
    if (!this.#scan.has(SPAN.status)) return false
    const scan = this.#statusScan
    reader.seek(this.#scan.start(SPAN.status), this.#scan.end(SPAN.status))
    scan.read(reader)
    const mark = writer.open(SPAN.status, this.#scan.length(SPAN.status))
    if (
      ERROR_TEXT_CHECK.passes(reader.source, scan.start(STATUS.message), scan.end(STATUS.message))
    ) {
      scan.copy(STATUS.message, reader, writer)
    } else {
      writer.stringField(STATUS.message, cutErrorText(scan.string(reader, STATUS.message)))
    }
    scan.copy(STATUS.code, reader, writer)
    writer.close(mark)
    return scan.uint32(reader, STATUS.code) === STATUS_ERROR
  }

  #findProblem(): RejectReason | undefined {
    const { source: bytes } = this.#options.reader
    const scan = this.#scan
    const isId = (field: number, length: number): boolean =>
      scan.length(field) === length && !isAllZero(bytes, scan.start(field), scan.end(field))
    if (!isId(SPAN.traceId, TRACE_ID_BYTES)) return 'trace-id-invalid'
    if (!isId(SPAN.spanId, SPAN_ID_BYTES)) return 'span-id-invalid'
    if (this.#hasParent() && scan.length(SPAN.parentSpanId) !== SPAN_ID_BYTES) {
      return 'parent-span-id-invalid'
    }
    return undefined
  }
}
