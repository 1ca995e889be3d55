import type { IncomingHttpHeaders } from 'node:http2'

import { notOtlp, unavailable, type GrpcRefusal } from './grpc-refusal.ts'
import { STATUS_CODES } from './otlp-response.ts'
import type { ReceiverOptions } from './receiver.ts'
import { HOST_NOT_SERVED, readsTracesOnly, TOKEN_NOT_KNOWN_YET } from './refusal.ts'

export type GrpcHeadOptions = Pick<ReceiverOptions, 'admitsHost' | 'authorise' | 'queue'>

/** What the head of a call says. */
export interface GrpcHead {
  readonly kind: 'call'
  /** Of messages that say that they are compressed. */
  readonly encoding: string
  /** Named by the sender's token. */
  readonly source: string | undefined
  /** From now on; undefined where the sender waits for ever. */
  readonly timeoutMs: number | undefined
}

export type ReadHead =
  | GrpcHead
  | { readonly kind: 'refused'; readonly refusal: GrpcRefusal }
  /** Whoever does not speak gRPC is told by HTTP. */
  | { readonly kind: 'not-grpc'; readonly httpStatus: 405 | 415 }

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const OTHERS = /^\/opentelemetry\.proto\.collector\.(logs|metrics|profiles)\.\w+\.\w+\/Export$/u

/** With a codec's name or parameters after it; `application/grpc-web` is another protocol. */
const CONTENT_TYPE = /^application\/grpc(?:[+;]|$)/iu

/** Decides on a call by its head, before a byte of its message is read. */
export function readGrpcHead(headers: IncomingHttpHeaders, options: GrpcHeadOptions): ReadHead {
  if (headers[':method'] !== 'POST') return { kind: 'not-grpc', httpStatus: 405 }
  if (!CONTENT_TYPE.test(headers['content-type'] ?? '')) {
    return { kind: 'not-grpc', httpStatus: 415 }
  }
  const timeoutMs = readTimeoutMs(headers['grpc-timeout'])
  const refusal = refusalOfPath(headers[':path'] ?? '') ?? refusalOfHost(headers, options)
  if (refusal !== undefined) return { kind: 'refused', refusal }
  if (timeoutMs === 'malformed') {
    return refused(notOtlp('grpc-timeout is no time', STATUS_CODES.internal))
  }
  const authorisation = options.authorise(headers.authorization)
  switch (authorisation.kind) {
    case 'ok':
      return {
        kind: 'call',
        encoding: textOf(headers['grpc-encoding']) ?? 'identity',
        source: authorisation.source,
        timeoutMs,
      }
    case 'rotating': {
      // Never UNAUTHENTICATED: senders would throw away what will be fine a minute later.
      const later = { message: TOKEN_NOT_KNOWN_YET, retryAfterMs: options.queue.retryAfterMs() }
      return refused(unavailable('token-rotating', later))
    }
    case 'missing':
    case 'wrong': {
      const message = `the bearer token is ${authorisation.kind}`
      const reason = authorisation.kind === 'missing' ? 'no-token' : 'wrong-token'
      return refused({ reason, code: STATUS_CODES.unauthenticated, message })
    }
    default:
      return authorisation satisfies never
  }
}

function refused(refusal: GrpcRefusal): ReadHead {
  return { kind: 'refused', refusal }
}

function refusalOfPath(path: string): GrpcRefusal | undefined {
  if (path === TRACES) return undefined
  const signal = OTHERS.exec(path)?.[1]
  return notOtlp(
    signal === undefined ? `OTLP traces are received by ${TRACES}` : readsTracesOnly(signal),
  )
}

function refusalOfHost(
  headers: IncomingHttpHeaders,
  { admitsHost }: GrpcHeadOptions,
): GrpcRefusal | undefined {
  if (admitsHost(headers[':authority'] ?? headers.host)) return undefined
  const code = STATUS_CODES.permissionDenied
  return { reason: 'wrong-host', code, message: HOST_NOT_SERVED }
}

/** A header that was sent twice is a list, which none of gRPC's may be. */
function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 0.001],
  ['n', 0.000_001],
])

/** `Timeout` of the protocol: at most eight digits and a unit. */
function readTimeoutMs(value: string | string[] | undefined): number | 'malformed' | undefined {
  if (value === undefined) return undefined
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/u.exec(textOf(value) ?? '') ?? []
  return digits === undefined ? 'malformed' : Number(digits) * (UNIT_MS.get(unit) ?? 1)
}
