import type { Encoding } from './decode-otlp.ts'
import type { RejectCounts } from './decoded.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

/** Codes of gRPC, which `google.rpc.Status` bodies carry. */
export const STATUS_CODES = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const
export type StatusCode = (typeof STATUS_CODES)[keyof typeof STATUS_CODES]

export function contentTypeOf(encoding: Encoding): string {
  return encoding === 'json' ? 'application/json' : 'application/x-protobuf'
}

/** `google.rpc.Status`, which every 4xx and 5xx of OTLP/HTTP must carry. */
export function encodeStatus(
  encoding: Encoding,
  { code, message }: { readonly code: StatusCode; readonly message: string },
): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  const writer = new ProtobufWriter()
  writer.varintField(1, code)
  writer.stringField(2, message)
  return writer.finish()
}

/**
 * `ExportTraceServiceResponse`. Without rejected spans `partial_success` must be unset: a sender
 * takes its presence for a warning.
 */
export function encodeExportResponse(
  encoding: Encoding,
  { rejected, reasons }: { readonly rejected: number; readonly reasons: RejectCounts },
): Buffer {
  if (rejected === 0) return Buffer.from(encoding === 'json' ? '{}' : '')
  const errorMessage = describeRejected(rejected, reasons)
  if (encoding === 'json') {
    // A 64-bit number is text in protobuf's JSON.
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage }
    return Buffer.from(JSON.stringify({ partialSuccess }))
  }
  const writer = new ProtobufWriter()
  writer.messageField(1, (partial) => {
    partial.varintField(1, rejected)
    partial.stringField(2, errorMessage)
  })
  return writer.finish()
}

function describeRejected(rejected: number, reasons: RejectCounts): string {
  const counts = Object.entries(reasons).map(([reason, count]) => `${reason}: ${count}`)
  return `${rejected} span${rejected === 1 ? ' was' : 's were'} rejected (${counts.join(', ')})`
}
