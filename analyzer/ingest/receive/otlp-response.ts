import type { Encoding } from '../decode-otlp.ts'
import type { RejectCounts } from '../otlp/rejections.ts'
import { ProtobufWriter } from '../otlp/protobuf-writer.ts'

/** Codes of gRPC, which `google.rpc.Status` bodies carry as well. */
export const STATUS_CODES = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const
export type StatusCode = (typeof STATUS_CODES)[keyof typeof STATUS_CODES]

/**
 * Of what we say in words. Our texts are a tenth of it; it holds an answer far below the 4 MiB that
 * senders read, whatever a text should come to quote.
 */
export const MESSAGE_CHARS_MAX = 2048

export function contentTypeOf(encoding: Encoding): string {
  return encoding === 'json' ? 'application/json' : 'application/x-protobuf'
}

export interface Status {
  readonly code: number
  readonly message: string
  /** Of the request, what is wrong: told as `google.rpc.BadRequest`. */
  readonly field?: string | undefined
  /** Told as `google.rpc.RetryInfo`, which alone makes some codes of gRPC retryable. */
  readonly retryAfterS?: number | undefined
}

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.'

/** `google.rpc.Status`, which every 4xx and 5xx of OTLP/HTTP must carry. */
export function encodeStatus(encoding: Encoding, status: Status): Buffer {
  const message = status.message.slice(0, MESSAGE_CHARS_MAX)
  return encoding === 'json'
    ? Buffer.from(JSON.stringify(toJsonStatus({ ...status, message })))
    : toProtobufStatus({ ...status, message })
}

function toJsonStatus({ code, message, field, retryAfterS }: Status): object {
  const details = [
    ...(field === undefined
      ? []
      : [
          {
            '@type': `${TYPE_PREFIX}BadRequest`,
            fieldViolations: [{ field, description: message }],
          },
        ]),
    ...(retryAfterS === undefined
      ? []
      : [{ '@type': `${TYPE_PREFIX}RetryInfo`, retryDelay: `${retryAfterS}s` }]),
  ]
  return details.length === 0 ? { code, message } : { code, message, details }
}

function toProtobufStatus({ code, message, field, retryAfterS }: Status): Buffer {
  const writer = new ProtobufWriter()
  writer.varintField(1, code)
  writer.stringField(2, message)
  const detail = (type: string, write: (value: ProtobufWriter) => void): void => {
    writer.messageField(3, (any) => {
      any.stringField(1, TYPE_PREFIX + type)
      any.messageField(2, write)
    })
  }
  if (field !== undefined) {
    detail('BadRequest', (badRequest) => {
      badRequest.messageField(1, (violation) => {
        violation.stringField(1, field)
        violation.stringField(2, message)
      })
    })
  }
  if (retryAfterS !== undefined) {
    detail('RetryInfo', (retryInfo) => {
      retryInfo.messageField(1, (duration) => duration.varintField(1, retryAfterS))
    })
  }
  return writer.finish()
}

/**
 * `ExportTraceServiceResponse`. Where nothing was rejected and nothing is to be told,
 * `partial_success` must be unset: a sender takes its presence for a warning.
 */
export function encodeExportResponse(encoding: Encoding, stored: StoredSpans): Buffer {
  const { rejected, reasons, notes = [] } = stored
  const sentences = rejected === 0 ? notes : [describeRejected(rejected, reasons), ...notes]
  if (sentences.length === 0) return Buffer.from(encoding === 'json' ? '{}' : '')
  const errorMessage = sentences.join('; ').slice(0, MESSAGE_CHARS_MAX)
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

interface StoredSpans {
  readonly rejected: number
  readonly reasons: RejectCounts
  /** Of what was taken all the same. */
  readonly notes?: readonly string[]
}

function describeRejected(rejected: number, reasons: RejectCounts): string {
  const counts = Object.entries(reasons).map(([reason, count]) => `${reason}: ${count}`)
  return `${rejected} span${rejected === 1 ? ' was' : 's were'} rejected (${counts.join(', ')})`
}
