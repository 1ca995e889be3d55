import { createRequire } from 'node:module'
import { EXPORT_SERVICE, OTLP } from './otlp-proto.ts'

/** A trace export as protobufjs makes objects of it. */
export interface DecodedExport {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly DecodedKeyValue[] }
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[]
  }[]
}

export interface DecodedSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId: Buffer | null
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly DecodedKeyValue[]
  readonly events: readonly object[]
  readonly status?: { readonly code?: number }
}

export interface DecodedKeyValue {
  readonly key: string
  readonly value?: Readonly<Record<string, unknown>>
}

/** As far as it is used here. */
interface ProtoLoader {
  fromJSON(
    root: object,
    options: object,
  ): Readonly<
    Record<string, { readonly Export: { requestDeserialize(bytes: Buffer): DecodedExport } }>
  >
}

/** It comes with `@grpc/grpc-js`, and brings protobufjs. */
const requireOfGrpc = createRequire(createRequire(import.meta.url).resolve('@grpc/grpc-js'))
const loader: ProtoLoader = requireOfGrpc('@grpc/proto-loader')
const service = loader.fromJSON(OTLP, { longs: String, arrays: true })[EXPORT_SERVICE]

export function decodeExport(body: Buffer): DecodedExport {
  if (service === undefined) throw new Error('the messages of OTLP have no service')
  return service.Export.requestDeserialize(body)
}
