import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import type { Encoding } from './decode-otlp.ts'
import type { ExportBody, IngestAnswer } from './ingestor.ts'
import { BODY_BYTES_MAX } from './limits.ts'
import {
  contentTypeOf,
  encodeExportResponse,
  encodeStatus,
  STATUS_CODES,
  type StatusCode,
} from './otlp-response.ts'
import { discardRest, readBody } from './read-body.ts'

export interface OtlpHttpOptions {
  readonly ingest: (request: ExportBody) => Promise<IngestAnswer>
  readonly admitsHost: (host: string | undefined) => boolean
  readonly authorise: (authorization: string | undefined) => Authorisation
  readonly log: (line: string) => void
}

export type Authorisation =
  | { readonly kind: 'ok'; readonly source?: string }
  | { readonly kind: 'missing' | 'wrong' | 'rotating' }

/**
 * Bytes of bodies that are under way at once: two of the largest, or thousands of usual ones. Above
 * it senders are asked to come again, which costs them a second and us nothing.
 */
const IN_FLIGHT_BYTES_MAX = 2 * BODY_BYTES_MAX

const RETRY_AFTER_S = '1'

/** An answer that is an error, in the words of the specification. */
class Refusal extends Error {
  readonly status: number
  readonly code: StatusCode
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    {
      code,
      message,
      headers = {},
    }: { code: StatusCode; message: string; headers?: Readonly<Record<string, string>> },
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** The OTLP/HTTP receiver, to the letter of the OpenTelemetry protocol specification. */
export function createOtlpHttpServer(options: OtlpHttpOptions): Server {
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
  readonly #options: OtlpHttpOptions
  #bytesInFlight = 0

  constructor(options: OtlpHttpOptions) {
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const encoding = encodingOf(request)
    try {
      const source = this.#admit(request)
      await this.#export(request, { encoding: expectEncoding(encoding, request), source, response })
    } catch (error: unknown) {
      await discardRest(request)
      respondWithError(response, { error: this.#toRefusal(error), encoding, request })
    }
  }

  /** Checks everything that stands in the head; returns the source that the token names. */
  #admit(request: IncomingMessage): string | undefined {
    const { admitsHost, authorise } = this.#options
    if (!admitsHost(request.headers.host)) {
      throw new Refusal(421, {
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
        throw unavailable('this token is not known yet; tokens have just been changed')
      case 'missing':
      case 'wrong':
        throw new Refusal(401, {
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
      this.#bytesInFlight -= length
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
        throw new Refusal(400, { code: STATUS_CODES.invalidArgument, message: answer.message })
      case 'too-large':
        throw tooLarge()
      case 'unavailable':
        throw unavailable(answer.message)
    }
  }

  async #readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
    const result = await readBody(request, {
      bytesMax: BODY_BYTES_MAX,
      // Counted as it arrives: a length that a sender announces is only a claim.
      take: (count) => {
        if (this.#bytesInFlight + count > IN_FLIGHT_BYTES_MAX) return false
        this.#bytesInFlight += count
        return true
      },
      release: (count) => {
        this.#bytesInFlight -= count
      },
    })
    switch (result.kind) {
      case 'read':
        return result.body
      case 'too-large':
        throw tooLarge()
      case 'busy':
        throw unavailable('too many bodies are being read; come again')
      case 'aborted':
        throw new Refusal(400, {
          code: STATUS_CODES.invalidArgument,
          message: 'the body ended early',
        })
    }
  }

  #toRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    // A defect of ours must not make senders throw their spans away: anything but 503 would.
    this.#options.log(`ingest failed: ${error instanceof Error ? error.message : String(error)}`)
    return unavailable('the analyzer had a problem of its own')
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
      code: STATUS_CODES.unimplemented,
      message: `traces are sent with POST, not ${request.method ?? 'this method'}`,
      headers: { allow: 'POST' },
    })
  }
  const signal = /^\/v1(?:development)?\/(logs|metrics|profiles)$/u.exec(path)?.[1]
  throw new Refusal(404, {
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
    code: STATUS_CODES.invalidArgument,
    message: 'the content encoding must be gzip or none',
    headers: { 'accept-encoding': 'gzip' },
  })
}

function tooLarge(): Refusal {
  return new Refusal(413, {
    code: STATUS_CODES.resourceExhausted,
    message: `the body is larger than ${BODY_BYTES_MAX} bytes after decompression; send smaller batches`,
  })
}

function unavailable(message: string): Refusal {
  return new Refusal(503, {
    code: STATUS_CODES.unavailable,
    message,
    headers: { 'retry-after': RETRY_AFTER_S },
  })
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
