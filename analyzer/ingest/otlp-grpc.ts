import {
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  setLogVerbosity,
  status,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'

import type { ExportBody, IngestAnswer } from './ingestor.ts'
import { encodeExportResponse } from './otlp-response.ts'
import type { Authorisation, ReceiverOptions, RefusalReason } from './receiver.ts'

export interface OtlpGrpcServer {
  /** Resolves to the real port; rejects with the system's error. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new call and lets running ones end, for `withinMs`. */
  stop(withinMs: number): Promise<void>
}

/** Calls of one connection that run at once: an exporter has one or two under way. */
const CALLS_PER_CONNECTION_MAX = 100

const SERVICE_PREFIX = 'opentelemetry.proto.collector'
const TRACES: ServiceDefinition = serviceOf(`${SERVICE_PREFIX}.trace.v1.TraceService`)
const OTHERS: readonly (readonly [signal: string, service: ServiceDefinition])[] = [
  ['logs', serviceOf(`${SERVICE_PREFIX}.logs.v1.LogsService`)],
  ['metrics', serviceOf(`${SERVICE_PREFIX}.metrics.v1.MetricsService`)],
]

/** Messages go through as bytes: decoding is the ingest thread's. */
function identity(bytes: Buffer): Buffer {
  return bytes
}

function serviceOf(name: string): ServiceDefinition {
  return {
    Export: {
      path: `/${name}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  }
}

/**
 * The OTLP/gRPC receiver. Compression and the limit on decompressed bytes are the library's; a body
 * over it is RESOURCE_EXHAUSTED without RetryInfo, which senders must not repeat.
 */
export function createOtlpGrpcServer(options: ReceiverOptions): OtlpGrpcServer {
  // What it would print to stderr is told by our own errors and log.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({
    'grpc.max_receive_message_length': options.queue.bodyBytesMax,
    'grpc.max_concurrent_streams': CALLS_PER_CONNECTION_MAX,
  })
  server.addService(TRACES, { Export: new Receiver(options).handle })
  for (const [signal, service] of OTHERS) server.addService(service, { Export: refuser(signal) })
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
          if (error === null) resolve(bound)
          else reject(withCode(error))
        })
      }),
    stop: (withinMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), withinMs)
        server.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

/** The library tells the system's code in its message only. */
function withCode(error: Error): Error {
  const code = /\bE[A-Z]{4,}\b/.exec(error.message)?.[0]
  return code === undefined ? error : Object.assign(error, { code })
}

type Call = ServerUnaryCall<Buffer, Buffer>
type Answer =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  | {
      readonly kind: 'refused'
      readonly reason: RefusalReason
      readonly code: status
      readonly details: string
    }

class Receiver {
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  readonly handle: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    void this.#answer(call).then((answer) => this.#finish(answer, call, callback))
  }

  #finish(answer: Answer, call: Call, callback: sendUnaryData<Buffer>): void {
    if (answer.kind === 'refused') {
      this.#options.onRefused({ reason: answer.reason, remoteAddress: hostOf(call.getPeer()) })
    }
    send(answer, callback)
  }

  async #answer(call: Call): Promise<Answer> {
    const authorisation = this.#options.authorise(textOf(call.metadata, 'authorization'))
    const refused = this.#refusalOf(call, authorisation)
    if (refused !== undefined) return refused
    const { length } = call.request
    const { queue } = this.#options
    if (!queue.take(length))
      return unavailable('more arrives than can be written; come again', 'busy')
    try {
      const source = authorisation.kind === 'ok' ? authorisation.source : undefined
      // A copy: the body goes to another thread, and a slice would take its neighbours along.
      const body = Uint8Array.from(call.request)
      const from = source === undefined ? {} : { source }
      const request: ExportBody = { body, encoding: 'protobuf', gzip: false, ...from }
      return toAnswer(await this.#options.ingest(request), queue.bodyBytesMax)
    } catch (error: unknown) {
      // A defect of ours must not make senders throw their spans away.
      this.#options.log(`ingest failed: ${error instanceof Error ? error.message : String(error)}`)
      return unavailable('the analyzer had a problem of its own')
    } finally {
      queue.release(length)
    }
  }

  #refusalOf(call: Call, authorisation: Authorisation): Answer | undefined {
    if (!this.#options.admitsHost(call.getHost())) {
      const details = 'this Host is not served here; allow it with --allowed-host'
      return { kind: 'refused', reason: 'wrong-host', code: status.PERMISSION_DENIED, details }
    }
    switch (authorisation.kind) {
      case 'ok':
        return undefined
      case 'rotating':
        return unavailable(
          'this token is not known yet; tokens have just been changed',
          'token-rotating',
        )
      case 'missing':
      case 'wrong': {
        const details = `the bearer token is ${authorisation.kind}`
        const reason = authorisation.kind === 'missing' ? 'no-token' : 'wrong-token'
        return { kind: 'refused', reason, code: status.UNAUTHENTICATED, details }
      }
      default:
        return authorisation satisfies never
    }
  }
}

function toAnswer(answer: IngestAnswer, bodyBytesMax: number): Answer {
  switch (answer.kind) {
    case 'stored':
      return { kind: 'ok', bytes: encodeExportResponse('protobuf', answer) }
    case 'malformed':
      return {
        kind: 'refused',
        reason: 'malformed',
        code: status.INVALID_ARGUMENT,
        details: answer.message,
      }
    case 'too-large': {
      const details = `the body is larger than ${bodyBytesMax} bytes; send smaller batches`
      return { kind: 'refused', reason: 'too-large', code: status.RESOURCE_EXHAUSTED, details }
    }
    case 'busy':
    case 'unavailable':
      return unavailable(answer.message, answer.kind)
    default:
      return answer satisfies never
  }
}

function unavailable(details: string, reason: RefusalReason = 'unavailable'): Answer {
  return { kind: 'refused', reason, code: status.UNAVAILABLE, details }
}

function send(answer: Answer, callback: sendUnaryData<Buffer>): void {
  if (answer.kind === 'ok') callback(null, answer.bytes)
  else callback({ code: answer.code, details: answer.details, metadata: new Metadata() })
}

function refuser(signal: string): handleUnaryCall<Buffer, Buffer> {
  const details = `this analyzer reads traces only; switch the exporter of ${signal} off for this endpoint`
  return (_call, callback) => {
    send({ kind: 'refused', reason: 'not-otlp', code: status.UNIMPLEMENTED, details }, callback)
  }
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key)
  return typeof value === 'string' ? value : undefined
}

/** `getPeer` appends the port; an IPv6 address keeps its own colons. */
function hostOf(peer: string): string {
  return peer.replace(/:\d{1,5}$/u, '')
}
