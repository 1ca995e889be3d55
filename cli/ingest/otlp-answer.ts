import type { Encoding } from '../../analyzer/ingest/decode-otlp.ts'
import {
  ProtobufReader,
  WIRE_BYTES,
  WIRE_VARINT,
} from '../../analyzer/ingest/otlp/protobuf-reader.ts'

/** What an `ExportTraceServiceResponse` says of the spans that were not taken. */
export interface RejectedSpans {
  readonly count: number
  readonly reasons: ReadonlyMap<string, number>
}

const NONE_REJECTED: RejectedSpans = { count: 0, reasons: new Map() }

/** Reads a receiver's answer to success; one that is not understood rejects nothing. */
export function readRejections(encoding: Encoding, body: Buffer): RejectedSpans {
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
    if (contentType === 'application/x-protobuf') return visible(statusMessage(body))
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

interface PartialSuccess {
  readonly count: number
  readonly message: string
}

function jsonPartial(body: Buffer): PartialSuccess {
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

function protobufPartial(body: Buffer): PartialSuccess {
  const answer = new ProtobufReader(body)
  let count = 0
  let message = ''
  while (answer.next()) {
    if (!answer.is(1, WIRE_BYTES)) {
      answer.skip()
      continue
    }
    const partial = answer.message()
    while (partial.next()) {
      if (partial.is(1, WIRE_VARINT)) count = Number(partial.int64())
      else if (partial.is(2, WIRE_BYTES)) message = partial.string()
      else partial.skip()
    }
  }
  return { count, message }
}

/** `Status.message`. */
function statusMessage(body: Buffer): string {
  const status = new ProtobufReader(body)
  let message = ''
  while (status.next()) {
    if (status.is(2, WIRE_BYTES)) message = status.string()
    else status.skip()
  }
  return message
}

const MESSAGE_CHARS_MAX = 300

/** A receiver's words may be anything, and go to a terminal. */
function visible(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_CHARS_MAX)
}
