import { ProtobufReader } from './protobuf-reader.ts'

export interface PartialSuccess {
  readonly refusedSpans: number
  readonly detail?: string
}

const NOTHING_REFUSED: PartialSuccess = { refusedSpans: 0 }

/** Fields of `ExportTraceServiceResponse` and `ExportTracePartialSuccess`. */
const TAG_PARTIAL_SUCCESS = 0x0a
const TAG_REJECTED_SPANS = 0x08
const TAG_ERROR_MESSAGE = 0x12

const DETAIL_CHARS_MAX = 200

/**
 * What a receiver that answered 200 did not take all the same. Anything that is no such answer says
 * nothing: the status is the acknowledgement.
 */
export function readPartialSuccess(body: Uint8Array, contentType: string): PartialSuccess {
  try {
    return contentType.includes('json') ? fromJson(body) : fromProtobuf(body)
  } catch {
    return NOTHING_REFUSED
  }
}

function fromJson(body: Uint8Array): PartialSuccess {
  const answer: unknown = JSON.parse(Buffer.from(body).toString())
  const partial = property(answer, 'partialSuccess')
  // OTLP/JSON writes an int64 as a string.
  const refusedSpans = Number(property(partial, 'rejectedSpans') ?? 0)
  if (!Number.isSafeInteger(refusedSpans) || refusedSpans < 1) return NOTHING_REFUSED
  const message = property(partial, 'errorMessage')
  return { refusedSpans, detail: typeof message === 'string' ? cut(message) : '' }
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function fromProtobuf(body: Uint8Array): PartialSuccess {
  const reader = new ProtobufReader(body)
  if (reader.varint() !== TAG_PARTIAL_SUCCESS) return NOTHING_REFUSED
  const partial = new ProtobufReader(reader.bytes())
  let refusedSpans = 0
  let detail = ''
  while (!partial.atEnd) {
    const tag = partial.varint()
    if (tag === TAG_REJECTED_SPANS) refusedSpans = partial.varint()
    else if (tag === TAG_ERROR_MESSAGE) detail = cut(Buffer.from(partial.bytes()).toString())
    else return NOTHING_REFUSED
  }
  return Number.isSafeInteger(refusedSpans) && refusedSpans > 0
    ? { refusedSpans, detail }
    : NOTHING_REFUSED
}

function cut(text: string): string {
  return text.slice(0, DETAIL_CHARS_MAX)
}
