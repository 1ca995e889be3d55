import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  status,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'

import { messageOf } from '../../message-of.ts'
import { GrpcGate, toStatusObject, unavailable, type GrpcRefusal } from './grpc-gate.ts'
import type { ExportBody, IngestAnswer } from '../ingestor.ts'
import { encodeExportResponse } from './otlp-response.ts'
import type { ReceiverOptions } from './receiver.ts'
import { describeTooLarge, PROBLEM_OF_OURS, readsTracesOnly, TOO_MUCH_ARRIVES } from './refusal.ts'

export interface OtlpGrpcServer {
  /** Resolves to the real port; rejects with the system's error. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new call and lets running ones end, for `withinMs`. */
  stop(withinMs: number): Promise<void>
}

/** Calls of one connection that run at once: an exporter has one or two under way. */
const CALLS_PER_CONNECTION_MAX = 100
/** Senders open a connection again when they need it. */
const IDLE_MS_MAX = 10 * 60_000
/** A peer that vanished without a word is noticed by this. */
const PING_MS = 60_000

const SERVICE_PREFIX = 'opentelemetry.proto.collector'
const TRACES: ServiceDefinition = serviceOf(`${SERVICE_PREFIX}.trace.v1.TraceService`)
const OTHERS: readonly (readonly [signal: string, service: ServiceDefinition])[] = [
  ['logs', serviceOf(`${SERVICE_PREFIX}.logs.v1.LogsService`)],
  ['metrics', serviceOf(`${SERVICE_PREFIX}.metrics.v1.MetricsService`)],
  ['profiles', serviceOf(`${SERVICE_PREFIX}.profiles.v1development.ProfilesService`)],
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
  const gate = new GrpcGate(options)
  const server = new Server({
    'grpc.max_receive_message_length': options.queue.bodyBytesMax,
    'grpc.max_concurrent_streams': CALLS_PER_CONNECTION_MAX,
    'grpc.max_connection_idle_ms': IDLE_MS_MAX,
    'grpc.keepalive_time_ms': PING_MS,
    interceptors: [gate.intercept],
  })
  server.addService(TRACES, { Export: new Receiver(options, gate).handle })
  for (const [signal, service] of OTHERS) {
    const refusal: GrpcRefusal = {
      reason: 'not-otlp',
      code: status.UNIMPLEMENTED,
      details: readsTracesOnly(signal),
    }
    const refuse: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
      gate.report(call, refusal.reason)
      callback(toStatusObject(refusal))
    }
    server.addService(service, { Export: refuse })
  }
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
  | { readonly kind: 'refused'; readonly refusal: GrpcRefusal }

class Receiver {
  readonly #options: ReceiverOptions
  readonly #gate: GrpcGate

  constructor(options: ReceiverOptions, gate: GrpcGate) {
    this.#options = options
    this.#gate = gate
  }

  readonly handle: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    void this.#answer(call).then((answer) => this.#finish(answer, call, callback))
  }

  #finish(answer: Answer, call: Call, callback: sendUnaryData<Buffer>): void {
    if (answer.kind === 'ok') {
      callback(null, answer.bytes)
      return
    }
    this.#gate.report(call, answer.refusal.reason)
    callback(toStatusObject(answer.refusal))
  }

  async #answer(call: Call): Promise<Answer> {
    const { length } = call.request
    const { queue, ingest, log } = this.#options
    if (!queue.take(length)) {
      const later = { message: TOO_MUCH_ARRIVES, retryAfterMs: queue.retryAfterMs() }
      return refused(unavailable('busy', later))
    }
    try {
      const source = this.#gate.sourceOf(call.metadata)
      // A copy: the body goes to another thread, and a slice would take its neighbours along.
      const body = Uint8Array.from(call.request)
      const from = source === undefined ? {} : { source }
      const request: ExportBody = { body, encoding: 'protobuf', gzip: false, ...from }
      return toAnswer(await ingest(request), queue.bodyBytesMax)
    } catch (error: unknown) {
      // A defect of ours must not make senders throw their spans away.
      const why = messageOf(error)
      log(`ingest failed: ${why}`, 'error')
      const later = { message: PROBLEM_OF_OURS, retryAfterMs: queue.retryAfterMs() }
      return refused(unavailable('unavailable', later))
    } finally {
      queue.release(length)
    }
  }
}

function toAnswer(answer: IngestAnswer, bodyBytesMax: number): Answer {
  switch (answer.kind) {
    case 'stored':
      return { kind: 'ok', bytes: encodeExportResponse('protobuf', answer) }
    case 'malformed':
      return refused({
        reason: 'malformed',
        code: status.INVALID_ARGUMENT,
        details: answer.message,
      })
    case 'too-large':
      return refused({
        reason: 'too-large',
        code: status.RESOURCE_EXHAUSTED,
        details: describeTooLarge(bodyBytesMax),
      })
    case 'busy':
    case 'unavailable':
      return refused(unavailable(answer.kind, answer))
    default:
      return answer satisfies never
  }
}

function refused(refusal: GrpcRefusal): Answer {
  return { kind: 'refused', refusal }
}
