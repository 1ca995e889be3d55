import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import type { Encoding } from './decode-otlp.ts'
import type { IngestAnswer } from './ingestor.ts'
import {
  contentTypeOf,
  encodeExportResponse,
  encodeStatus,
  STATUS_CODES,
  type StatusCode,
} from './otlp-response.ts'
import { discardRest, readBody } from './read-body.ts'
import type { ReceiverOptions, RefusalReason } from './receiver.ts'

/** An answer that is an error, in the words of the specification. */
class Refusal extends Error {
  readonly status: number
  readonly reason: RefusalReason
  readonly code: StatusCode
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, { reason, code, message, headers = {} }: RefusalParts) {
    super(message)
    this.status = status
    this.reason = reason
    this.code = code
    this.headers = headers
  }
}

interface RefusalParts {
  readonly reason: RefusalReason
  readonly code: StatusCode
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The OTLP/HTTP receiver, to the letter of the OpenTelemetry protocol specification. */
export function createOtlpHttpServer(options: ReceiverOptions): Server {
  const receiver = new Receiver(options)
  const server = createServer(
    {
      // Slow senders are cut off; exporters reuse connections every few seconds.
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 75_000,
    },
    (request, response) => {
      void receiver.handle(request, response)
    },
  )
  server.maxConnections = 2000
  return server
}

class Receiver {
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const encoding = encodingOf(request)
    try {
      const source = this.#admit(request)
      await this.#export(request, { encoding: expectEncoding(encoding, request), source, response })
    } catch (error: unknown) {
      const refusal = this.#toRefusal(error)
      const { remoteAddress } = request.socket
      this.#options.onRefused({ reason: refusal.reason, remoteAddress })
      await discardRest(request)
      respondWithError(response, { error: refusal, encoding, request })
    }
  }

  /** Checks everything that stands in the head; returns the source that the token names. */
  #admit(request: IncomingMessage): string | undefined {
    const { admitsHost, authorise } = this.#options
    if (!admitsHost(request.headers.host)) {
      throw new Refusal(421, {
        reason: 'wrong-host',
        code: STATUS_CODES.invalidArgument,
        message: 'this Host is not served here; allow it with --allowed-host',
      })
    }
    expectTracesPath(request)
    const authorisation = authorise(request.headers.authorization)
    switch (authorisation.kind) {
      case 'ok':
        return authorisation.source
      case 'rotating':
        throw unavailable({
          reason: 'token-rotating',
          message: 'this token is not known yet; tokens have just been changed',
          retryAfterMs: this.#options.queue.retryAfterMs(),
        })
      case 'missing':
      case 'wrong':
        throw new Refusal(401, {
          reason: authorisation.kind === 'missing' ? 'no-token' : 'wrong-token',
          code: STATUS_CODES.unauthenticated,
          message: `the bearer token is ${authorisation.kind}`,
          headers: { 'www-authenticate': 'Bearer' },
        })
    }
  }

  async #export(
    request: IncomingMessage,
    { encoding, source, response }: ExportContext,
  ): Promise<void> {
    const gzip = isGzipEncoded(request)
    const body = await this.#readBody(request)
    // Asked before the body is handed to another thread, which leaves nothing of it here.
    const { length } = body
    let answer: IngestAnswer
    try {
      const from = source === undefined ? {} : { source }
      answer = await this.#options.ingest({ body, encoding, gzip, ...from })
    } finally {
      this.#options.queue.release(length)
    }
    switch (answer.kind) {
      case 'stored': {
        const payload = encodeExportResponse(encoding, answer)
        response.writeHead(200, {
          'content-type': contentTypeOf(encoding),
          'content-length': payload.length,
        })
        response.end(payload)
        return
      }
      case 'malformed':
        throw malformed(answer.message)
      case 'too-large':
        throw this.#tooLarge()
      case 'busy':
        throw busy(answer)
      case 'unavailable':
        throw unavailable({ reason: 'unavailable', ...answer })
    }
  }

  async #readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
    const { queue } = this.#options
    const result = await readBody(request, {
      bytesMax: queue.bodyBytesMax,
      // Counted as it arrives: a length that a sender announces is only a claim.
      take: (count) => queue.take(count),
      release: (count) => queue.release(count),
    })
    switch (result.kind) {
      case 'read':
        return result.body
      case 'too-large':
        throw this.#tooLarge()
      case 'busy':
        throw busy({
          message: 'more arrives than can be written; come again',
          retryAfterMs: queue.retryAfterMs(),
        })
      case 'aborted':
        throw malformed('the body ended early')
    }
  }

  #tooLarge(): Refusal {
    return new Refusal(413, {
      reason: 'too-large',
      code: STATUS_CODES.resourceExhausted,
      message: `the body is larger than ${this.#options.queue.bodyBytesMax} bytes after decompression; send smaller batches`,
    })
  }

  #toRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    // A defect of ours must not make senders throw their spans away: anything but 503 would.
    this.#options.log(`ingest failed: ${error instanceof Error ? error.message : String(error)}`)
    return unavailable({
      reason: 'unavailable',
      message: 'the analyzer had a problem of its own',
      retryAfterMs: this.#options.queue.retryAfterMs(),
    })
  }
}

interface ExportContext {
  readonly encoding: Encoding
  readonly source: string | undefined
  readonly response: ServerResponse
}

function expectTracesPath(request: IncomingMessage): void {
  const path = (request.url ?? '').replace(/\?.*$/su, '')
  if (path === '/v1/traces') {
    if (request.method === 'POST') return
    throw new Refusal(405, {
      reason: 'not-otlp',
      code: STATUS_CODES.unimplemented,
      message: `traces are sent with POST, not ${request.method ?? 'this method'}`,
      headers: { allow: 'POST' },
    })
  }
  const signal = /^\/v1(?:development)?\/(logs|metrics|profiles)$/u.exec(path)?.[1]
  throw new Refusal(404, {
    reason: 'not-otlp',
    code: signal === undefined ? STATUS_CODES.notFound : STATUS_CODES.unimplemented,
    message:
      signal === undefined
        ? 'OTLP traces are received at /v1/traces'
        : `this analyzer reads traces only; switch the exporter of ${signal} off for this endpoint`,
  })
}

/** Undefined where the content type is none of OTLP's. */
function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return 'json'
  return type === 'application/x-protobuf' ? 'protobuf' : undefined
}

function expectEncoding(encoding: Encoding | undefined, request: IncomingMessage): Encoding {
  if (encoding !== undefined) return encoding
  const grpc = request.headers['content-type']?.startsWith('application/grpc') === true
  throw new Refusal(415, {
    reason: 'not-otlp',
    code: STATUS_CODES.invalidArgument,
    message: grpc
      ? 'this is OTLP/HTTP, and the request is gRPC; set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf'
      : 'the content type must be application/x-protobuf or application/json',
    headers: { accept: 'application/x-protobuf, application/json' },
  })
}

function isGzipEncoded(request: IncomingMessage): boolean {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return false
  if (encoding === 'gzip') return true
  throw new Refusal(415, {
    reason: 'not-otlp',
    code: STATUS_CODES.invalidArgument,
    message: 'the content encoding must be gzip or none',
    headers: { 'accept-encoding': 'gzip' },
  })
}

function malformed(message: string): Refusal {
  return new Refusal(400, { reason: 'malformed', code: STATUS_CODES.invalidArgument, message })
}

interface Later {
  readonly message: string
  readonly retryAfterMs: number
}

function busy({ message, retryAfterMs }: Later): Refusal {
  return new Refusal(429, {
    reason: 'busy',
    code: STATUS_CODES.resourceExhausted,
    message,
    headers: { 'retry-after': toSeconds(retryAfterMs) },
  })
}

function unavailable({
  reason,
  message,
  retryAfterMs,
}: Later & { readonly reason: RefusalReason }): Refusal {
  return new Refusal(503, {
    reason,
    code: STATUS_CODES.unavailable,
    message,
    headers: { 'retry-after': toSeconds(retryAfterMs) },
  })
}

/** The header knows whole seconds only; 0 would be at once. */
function toSeconds(retryAfterMs: number): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
}

function respondWithError(
  response: ServerResponse,
  { error, encoding = 'json', request }: ErrorContext,
): void {
  const payload = encodeStatus(encoding, error)
  // The rest of a body that was not waited for would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' }
  response.writeHead(error.status, {
    'content-type': contentTypeOf(encoding),
    'content-length': payload.length,
    ...close,
    ...error.headers,
  })
  response.end(payload)
}

interface ErrorContext {
  readonly error: Refusal
  readonly encoding: Encoding | undefined
  readonly request: IncomingMessage
}
