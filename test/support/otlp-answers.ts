import {
  ProtobufReader,
  WIRE_BYTES,
  WIRE_VARINT,
} from '../../analyzer/ingest/otlp/protobuf-reader.ts'
import type { RawAnswer } from './raw-http.ts'

/** `google.rpc.Status` with the two details that OTLP knows. */
export interface OtlpStatus {
  readonly code: number
  readonly message: string
  readonly violations: readonly { readonly field: string; readonly description: string }[]
  readonly retryAfterS: number | undefined
}

/** What `ExportTraceServiceResponse` says; undefined where `partial_success` is unset. */
export interface PartialSuccess {
  readonly rejectedSpans: number
  readonly errorMessage: string
}

const DETAIL = 'type.googleapis.com/google.rpc.'

/** Reads the body as the content type says; throws where it is no Status. */
export function statusOf({ headers, body }: RawAnswer): OtlpStatus {
  const type = headers.get('content-type')
  if (type === 'application/x-protobuf') return protobufStatus(body)
  if (type === 'application/json') return jsonStatus(JSON.parse(body.toString()) as JsonStatus)
  throw new Error(`a body of type ${type} is no Status`)
}

interface JsonStatus {
  readonly code: number
  readonly message: string
  readonly details?: readonly {
    readonly '@type': string
    readonly fieldViolations?: OtlpStatus['violations']
    readonly retryDelay?: string
  }[]
}

function jsonStatus({ code, message, details = [] }: JsonStatus): OtlpStatus {
  const of = (type: string) => details.find((detail) => detail['@type'] === DETAIL + type)
  const delay = of('RetryInfo')?.retryDelay
  return {
    code,
    message,
    violations: of('BadRequest')?.fieldViolations ?? [],
    retryAfterS: delay === undefined ? undefined : Number.parseFloat(delay),
  }
}

export function protobufStatus(bytes: Uint8Array): OtlpStatus {
  const fields = fieldsOf(bytes)
  const details = new Map(
    (fields.get(3) ?? []).map((any) => {
      const parts = fieldsOf(any as Uint8Array)
      return [textIn(parts, 1), bytesIn(parts, 2)]
    }),
  )
  const badRequest = details.get(`${DETAIL}BadRequest`)
  const retryInfo = details.get(`${DETAIL}RetryInfo`)
  return {
    code: numberIn(fields, 1),
    message: textIn(fields, 2),
    violations: (badRequest === undefined ? [] : (fieldsOf(badRequest).get(1) ?? [])).map((one) => {
      const violation = fieldsOf(one as Uint8Array)
      return { field: textIn(violation, 1), description: textIn(violation, 2) }
    }),
    retryAfterS:
      retryInfo === undefined ? undefined : numberIn(fieldsOf(bytesIn(fieldsOf(retryInfo), 1)), 1),
  }
}

export function partialSuccessOf({ headers, body }: RawAnswer): PartialSuccess | undefined {
  if (headers.get('content-type') === 'application/x-protobuf') return protobufPartial(body)
  const { partialSuccess } = JSON.parse(body.toString()) as {
    partialSuccess?: { rejectedSpans: string; errorMessage: string }
  }
  if (partialSuccess === undefined) return undefined
  return { ...partialSuccess, rejectedSpans: Number(partialSuccess.rejectedSpans) }
}

export function protobufPartial(body: Uint8Array): PartialSuccess | undefined {
  const partial = fieldsOf(body).get(1)?.[0]
  if (partial === undefined) return undefined
  const fields = fieldsOf(partial as Uint8Array)
  return { rejectedSpans: numberIn(fields, 1), errorMessage: textIn(fields, 2) }
}

type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>

function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>()
  const reader = new ProtobufReader(bytes)
  while (reader.next()) {
    const { field, wire } = reader
    if (wire !== WIRE_BYTES && wire !== WIRE_VARINT) throw new Error(`wire type ${wire}`)
    const value = wire === WIRE_BYTES ? reader.bytes() : Number(reader.int64())
    fields.set(field, [...(fields.get(field) ?? []), value])
  }
  return fields
}

function numberIn(fields: Fields, field: number): number {
  return Number(fields.get(field)?.[0] ?? 0)
}

function bytesIn(fields: Fields, field: number): Uint8Array {
  const value = fields.get(field)?.[0]
  return value instanceof Uint8Array ? value : new Uint8Array()
}

function textIn(fields: Fields, field: number): string {
  return Buffer.from(bytesIn(fields, field)).toString()
}
