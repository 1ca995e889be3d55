import {
  ProtobufReader,
  WIRE_BYTES,
  WIRE_VARINT,
} from '../../analyzer/ingest/otlp/protobuf-reader.ts'
import type { FileEncoding } from './piece.ts'

/** What an `ExportTraceServiceResponse` says of the spans that were not taken. */
export interface Rejections {
  readonly count: number
  readonly reasons: ReadonlyMap<string, number>
}

export const NONE_REJECTED: Rejections = { count: 0, reasons: new Map() }

/** Reads a receiver's answer to success; one that is not understood rejects nothing. */
export function readRejections(encoding: FileEncoding, body: Buffer): Rejections {
  try {
    const { count, message } = encoding === 'json' ? jsonPartial(body) : protobufPartial(body)
    return count === 0 ? NONE_REJECTED : { count, reasons: reasonsIn(message, count) }
  } catch {
    return NONE_REJECTED
  }
}

/** `google.rpc.Status.message`, or as much of another body as fits on a line. */
export function readMessage(contentType: string | null, body: Buffer): string {
  try {
    if (contentType?.startsWith('application/json') === true) {
      const message = own(JSON.parse(body.toString()), 'message')
      if (typeof message === 'string') return visible(message)
    }
    if (contentType === 'application/x-protobuf') return visible(textField(body, 2))
  } catch {
    // No Status: then the first of its words.
  }
  return visible(body.toString())
}

/** Our own analyzer counts by reason: `2 spans were rejected (trace-id-invalid: 2)`. */
function reasonsIn(message: string, count: number): ReadonlyMap<string, number> {
  const reasons = new Map<string, number>()
  for (const [, reason = '', number] of message.matchAll(/([a-z][a-z-]+): (\d+)/gu)) {
    reasons.set(reason, Number(number))
  }
  return reasons.size > 0 ? reasons : new Map([[visible(message) || 'no reason given', count]])
}

interface Partial {
  readonly count: number
  readonly message: string
}

function jsonPartial(body: Buffer): Partial {
  const partial = own(JSON.parse(body.toString()), 'partialSuccess')
  const message = own(partial, 'errorMessage')
  return {
    count: Number(own(partial, 'rejectedSpans') ?? 0),
    message: typeof message === 'string' ? message : '',
  }
}

function own(holder: unknown, key: string): unknown {
  if (typeof holder !== 'object' || holder === null) return undefined
  return Object.getOwnPropertyDescriptor(holder, key)?.value
}

function protobufPartial(body: Buffer): Partial {
  const answer = new ProtobufReader(body)
  let count = 0
  let message = ''
  while (answer.next()) {
    if (answer.field !== 1 || answer.wire !== WIRE_BYTES) {
      answer.skip()
      continue
    }
    const partial = answer.bytes()
    message = textField(partial, 2)
    count = numberField(partial, 1)
  }
  return { count, message }
}

function textField(bytes: Buffer, field: number): string {
  const reader = new ProtobufReader(bytes)
  let text = ''
  while (reader.next()) {
    if (reader.field === field && reader.wire === WIRE_BYTES) text = reader.string()
    else reader.skip()
  }
  return text
}

function numberField(bytes: Buffer, field: number): number {
  const reader = new ProtobufReader(bytes)
  let number = 0
  while (reader.next()) {
    const start = reader.position
    reader.skip()
    if (reader.field !== field || reader.wire !== WIRE_VARINT) continue
    number = bytes
      .subarray(start, reader.position)
      .reduceRight((value, byte) => value * 128 + (byte & 0x7f), 0)
  }
  return number
}

const MESSAGE_CHARS_MAX = 300

/** A receiver's words may be anything, and go to a terminal. */
function visible(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_CHARS_MAX)
}
