import { MalformedError, ProtobufReader, WIRE_BYTES, WIRE_VARINT } from './protobuf-reader.ts'

export type Peeked =
  | { readonly kind: 'failed' }
  | { readonly kind: 'healthy'; readonly spans: number }
  /** Decoding it says what is wrong. */
  | { readonly kind: 'unreadable' }

/** `STATUS_CODE_ERROR` of opentelemetry-proto. */
const ERROR = 2

/**
 * Whether any span of an `ExportTraceServiceRequest` has the status ERROR, without decoding it: a
 * walk over tags and lengths, a tenth of what storing the body would cost.
 */
export function peekFailures(body: Uint8Array): Peeked {
  try {
    let spans = 0
    const request = new ProtobufReader(body)
    for (const resourceSpans of messages(request, 1)) {
      for (const scopeSpans of messages(resourceSpans, 2)) {
        for (const span of messages(scopeSpans, 2)) {
          if (isFailed(span)) return { kind: 'failed' }
          spans += 1
        }
      }
    }
    return { kind: 'healthy', spans }
  } catch (error: unknown) {
    if (error instanceof MalformedError) return { kind: 'unreadable' }
    throw error
  }
}

/** The embedded messages of one field number. */
function* messages(reader: ProtobufReader, field: number): Generator<ProtobufReader> {
  while (reader.next()) {
    if (reader.is(field, WIRE_BYTES)) yield reader.message()
    else reader.skip()
  }
}

/** `Span.status` is field 15, `Status.code` field 3. */
function isFailed(span: ProtobufReader): boolean {
  for (const status of messages(span, 15)) {
    while (status.next()) {
      if (!status.is(3, WIRE_VARINT)) status.skip()
      else if (status.uint32() === ERROR) return true
    }
  }
  return false
}
