import type { IncomingMessage } from 'node:http'

import type { Encoding } from '../decode-otlp.ts'
import { STATUS_CODES } from './otlp-response.ts'
import type { Authorisation, ReceiverOptions } from './receiver.ts'
import {
  HOST_NOT_SERVED,
  later,
  malformed,
  readsTracesOnly,
  Refusal,
  TOKEN_NOT_KNOWN_YET,
  tooLarge,
} from './refusal.ts'

export type HeadOptions = Pick<ReceiverOptions, 'admitsHost' | 'authorise' | 'queue'>

/** What the head of an export request says. */
export interface OtlpHead {
  readonly encoding: Encoding
  readonly gzip: boolean
  /** Named by the sender's token. */
  readonly source: string | undefined
}

/**
 * Checks all that stands in the head, before a byte of the body is waited for; throws a `Refusal`.
 */
export function readHead(request: IncomingMessage, options: HeadOptions): OtlpHead {
  const { host, path } = targetOf(request)
  expectHost(host, { request, admitsHost: options.admitsHost })
  expectTraces(path, request.method)
  const authorisation = options.authorise(request.headers.authorization)
  const source = expectToken(authorisation, () => options.queue.retryAfterMs())
  const encoding = expectEncoding(request)
  const gzip = isGzipEncoded(request)
  // A length that is announced is believed where it is too much, and only there.
  if (Number(request.headers['content-length'] ?? 0) > options.queue.bodyBytesMax) {
    throw tooLarge(options.queue.bodyBytesMax)
  }
  return { encoding, gzip, source }
}

/** Undefined where the content type is none of OTLP's; also the encoding of every answer. */
export function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return 'json'
  return type === 'application/x-protobuf' ? 'protobuf' : undefined
}

/**
 * A proxy may ask for a whole URL, and then its host holds in place of the header's (RFC 9112,
 * section 3.2.2).
 */
function targetOf(request: IncomingMessage): { host: string | undefined; path: string } {
  const url = request.url ?? ''
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/isu.exec(url) ?? []
  const path = (authority === undefined ? url : rest).replace(/\?.*$/su, '')
  return { host: authority ?? request.headers.host, path }
}

function expectHost(
  host: string | undefined,
  { request, admitsHost }: { request: IncomingMessage; admitsHost: HeadOptions['admitsHost'] },
): void {
  if (host === undefined && request.httpVersion === '1.1') {
    // RFC 9112, section 3.2: it must be there, and whoever leaves it out must be told.
    throw malformed('the request has no Host', 'host')
  }
  if (admitsHost(host)) return
  throw new Refusal(421, {
    reason: 'wrong-host',
    code: STATUS_CODES.invalidArgument,
    message: HOST_NOT_SERVED,
  })
}

function expectTraces(path: string, method = 'this method'): void {
  if (path === '/v1/traces') {
    if (method === 'POST') return
    throw new Refusal(405, {
      reason: 'not-otlp',
      code: STATUS_CODES.unimplemented,
      message: `traces are sent with POST, not ${method}`,
      headers: { allow: 'POST' },
    })
  }
  const signal = /^\/v1(?:development)?\/(logs|metrics|profiles)$/u.exec(path)?.[1]
  // Not 200 with a warning, which the senders of metrics do not read: they would count what is
  // dropped as delivered. A 404 is not repeated, and says in their log what to switch off.
  throw new Refusal(404, {
    reason: 'not-otlp',
    code: signal === undefined ? STATUS_CODES.notFound : STATUS_CODES.unimplemented,
    message:
      signal === undefined ? 'OTLP traces are received at /v1/traces' : readsTracesOnly(signal),
  })
}

/** The source that the token names, where it names one. */
function expectToken(authorisation: Authorisation, retryAfterMs: () => number): string | undefined {
  switch (authorisation.kind) {
    case 'ok':
      return authorisation.source
    case 'rotating':
      // Never 401: senders would throw away what will be fine a minute later.
      throw later('token-rotating', {
        message: TOKEN_NOT_KNOWN_YET,
        retryAfterMs: retryAfterMs(),
      })
    case 'missing':
    case 'wrong':
      throw new Refusal(401, {
        reason: authorisation.kind === 'missing' ? 'no-token' : 'wrong-token',
        code: STATUS_CODES.unauthenticated,
        message: `the bearer token is ${authorisation.kind}`,
        headers: { 'www-authenticate': 'Bearer' },
      })
    default:
      return authorisation satisfies never
  }
}

function expectEncoding(request: IncomingMessage): Encoding {
  const encoding = encodingOf(request)
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
  const transfer = request.headers['transfer-encoding']?.trim().toLowerCase() ?? 'chunked'
  if (transfer !== 'chunked') {
    throw new Refusal(501, {
      reason: 'not-otlp',
      code: STATUS_CODES.unimplemented,
      message: 'the only transfer encoding is chunked; say gzip in Content-Encoding',
    })
  }
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return false
  // The older name is the same thing (RFC 9110, section 8.4.1.3).
  if (encoding === 'gzip' || encoding === 'x-gzip') return true
  throw new Refusal(415, {
    reason: 'not-otlp',
    code: STATUS_CODES.invalidArgument,
    message: 'the content encoding must be gzip or none',
    headers: { 'accept-encoding': 'gzip' },
  })
}
