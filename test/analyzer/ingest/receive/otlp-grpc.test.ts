import { EventEmitter, once } from 'node:events'
import { gunzipSync } from 'node:zlib'

import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'

import { HostGate } from '../../../../analyzer/api/host-gate.ts'
import { listen, urlOf } from '../../../../analyzer/api/listen.ts'
import type { ExportBody, IngestAnswer } from '../../../../analyzer/ingest/ingestor.ts'
import { createOtlpGrpcServer } from '../../../../analyzer/ingest/receive/otlp-grpc.ts'
import type {
  Authorisation,
  RefusalReason,
  RefusedRequest,
} from '../../../../analyzer/ingest/receive/receiver.ts'
import { ProtobufReader } from '../../../../analyzer/ingest/otlp/protobuf-reader.ts'
import { openQueue } from '../../../support/open-queue.ts'
import { buildSpan, protobufRequest } from '../../../support/otlp.ts'

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const MIB = 1024 * 1024
const STORED: IngestAnswer = { kind: 'stored', stored: 1, rejected: 0, reasons: {} }

interface Setup {
  readonly answer?: () => Promise<IngestAnswer>
  readonly authorisation?: Authorisation
}

type Called =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  | { readonly kind: 'error'; readonly code: number; readonly details: string }

/** A receiver on a port of its own, and a plain gRPC client that sends it bytes. */
async function receiver({
  answer = () => Promise.resolve(STORED),
  authorisation = { kind: 'ok' },
}: Setup = {}) {
  const received: ExportBody[] = []
  const logged: string[] = []
  const tokens: (string | undefined)[] = []
  const gate = new HostGate('127.0.0.1', [])
  const refused: RefusedRequest[] = []
  const server = createOtlpGrpcServer({
    queue: openQueue(),
    onRefused: (refusal) => refused.push(refusal),
    ingest: (request) => {
      received.push(request)
      return answer()
    },
    admitsHost: (host) => gate.admits(host),
    authorise: (token) => {
      tokens.push(token)
      return authorisation
    },
    log: (line) => logged.push(line),
  })
  await listen(server.server, { host: '127.0.0.1', port: 0, flag: '--otlp-grpc-port' })
  const { port } = new URL(urlOf(server.server, '127.0.0.1'))
  const clients: Client[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await server.stop(1000)
  })
  const call = (
    body: Buffer,
    { path = TRACES, metadata = {}, options = {} }: CallOptions = {},
  ): Promise<Called> => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      ...options,
    })
    clients.push(client)
    return callOnce(client, { path, body, metadata })
  }
  return { call, received, refused, logged, tokens, server }
}

interface CallOptions {
  readonly path?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, string | number>>
}

const identity = (bytes: Buffer): Buffer => bytes

function callOnce(
  client: Client,
  { path, body, metadata }: { path: string; body: Buffer; metadata: object },
): Promise<Called> {
  const sent = new Metadata()
  for (const [key, value] of Object.entries(metadata)) sent.set(key, String(value))
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, bytes: Buffer | undefined): void => {
      if (error === null) resolve({ kind: 'ok', bytes: bytes ?? Buffer.alloc(0) })
      else resolve({ kind: 'error', code: error.code, details: error.details })
    }
    client.makeUnaryRequest(path, identity, identity, body, sent, done)
  })
}

test('full success is an empty response, and the body arrives as the bytes that were sent', async () => {
  const { call, received } = await receiver()
  const body = protobufRequest([buildSpan()])

  expect(await call(body)).toEqual({ kind: 'ok', bytes: Buffer.alloc(0) })
  expect(received).toHaveLength(1)
  expect(Buffer.from(received[0]?.body ?? [])).toEqual(body)
  expect(received[0]).toMatchObject({ encoding: 'protobuf', gzip: false })
})

test('a body that was sent with gzip goes on as it came: the ingest thread unfolds it', async () => {
  const { call, received } = await receiver()
  const body = protobufRequest(Array.from({ length: 200 }, () => buildSpan()))
  // 2 is gzip in grpc-js's list of algorithms.
  const options = { 'grpc.default_compression_algorithm': 2 }

  expect((await call(body, { options })).kind).toBe('ok')
  expect(received[0]).toMatchObject({ encoding: 'protobuf', gzip: true })
  expect(gunzipSync(received[0]?.body ?? Buffer.alloc(0))).toEqual(body)
})

test('rejected spans are told by partial success with their exact count', async () => {
  const reasons = { 'span-id-invalid': 3 }
  const partly = { kind: 'stored', stored: 1, rejected: 3, reasons } as const
  const { call } = await receiver({ answer: () => Promise.resolve(partly) })
  const result = await call(protobufRequest([buildSpan()]))

  const response = new ProtobufReader(result.kind === 'ok' ? result.bytes : Buffer.alloc(0))
  expect(response.next() && response.field).toBe(1)
  const partial = response.message()
  expect(partial.next() && partial.int64()).toBe(3)
  expect(partial.next() && partial.string()).toContain('span-id-invalid: 3')
})

test.each<[string, Setup, number, RefusalReason]>([
  [
    'a body that is no OTLP: do not send it again',
    { answer: () => Promise.resolve({ kind: 'malformed', message: 'not protobuf' }) },
    status.INVALID_ARGUMENT,
    'malformed',
  ],
  [
    'too many spans: send smaller batches',
    { answer: () => Promise.resolve({ kind: 'too-large' }) },
    status.RESOURCE_EXHAUSTED,
    'too-large',
  ],
  [
    'more than can be written: come again',
    { answer: () => Promise.resolve({ kind: 'busy', message: 'busy', retryAfterMs: 1500 }) },
    status.UNAVAILABLE,
    'busy',
  ],
  [
    'a disk that is full: come again',
    { answer: () => Promise.resolve({ kind: 'unavailable', message: 'full', retryAfterMs: 1500 }) },
    status.UNAVAILABLE,
    'unavailable',
  ],
  [
    'a defect of ours: come again, nothing may be thrown away',
    { answer: () => Promise.reject(new Error('boom')) },
    status.UNAVAILABLE,
    'unavailable',
  ],
  ['no token', { authorisation: { kind: 'missing' } }, status.UNAUTHENTICATED, 'no-token'],
  ['a wrong token', { authorisation: { kind: 'wrong' } }, status.UNAUTHENTICATED, 'wrong-token'],
  [
    'tokens that change right now: come again',
    { authorisation: { kind: 'rotating' } },
    status.UNAVAILABLE,
    'token-rotating',
  ],
])('%s', async (...row) => {
  const [, setup, code, reason] = row
  const { call, refused } = await receiver(setup)

  expect(await call(protobufRequest([buildSpan()]))).toMatchObject({ kind: 'error', code })
  expect(refused).toEqual([{ reason, remoteAddress: '127.0.0.1' }])
})

test('the token is read from the metadata, and names the source', async () => {
  const authorisation = { kind: 'ok', source: 'team-a' } as const
  const { call, received, tokens } = await receiver({ authorisation })
  await call(protobufRequest([buildSpan()]), { metadata: { authorization: 'Bearer secret' } })

  expect(tokens).toEqual(['Bearer secret'])
  expect(received[0]?.source).toBe('team-a')
})

test('a refused sender costs no reading: its body reaches nobody', async () => {
  const { call, received } = await receiver({ authorisation: { kind: 'wrong' } })
  await call(protobufRequest([buildSpan()]))

  expect(received).toEqual([])
})

test('a message over the limit is refused for good, before it is decoded', async () => {
  const { call, received } = await receiver()

  expect(await call(Buffer.alloc(64 * MIB + 1))).toMatchObject({
    kind: 'error',
    code: status.RESOURCE_EXHAUSTED,
  })
  expect(received).toEqual([])
})

test.each([
  ['logs', 'opentelemetry.proto.collector.logs.v1.LogsService'],
  ['metrics', 'opentelemetry.proto.collector.metrics.v1.MetricsService'],
])('%s are answered by what to switch off', async (signal, service) => {
  const { call } = await receiver()
  const result = await call(Buffer.alloc(0), { path: `/${service}/Export` })

  expect(result).toMatchObject({ kind: 'error', code: status.UNIMPLEMENTED })
  expect(result).toHaveProperty('details', expect.stringContaining(`exporter of ${signal} off`))
})

test('stopping waits for calls that are under way', async () => {
  const signals = new EventEmitter()
  const started = once(signals, 'started')
  const { call, server } = await receiver({
    answer: async () => {
      signals.emit('started')
      await once(signals, 'release')
      return STORED
    },
  })
  const running = call(protobufRequest([buildSpan()]))
  await started
  const stopped = server.stop(10_000)
  signals.emit('release')

  expect((await running).kind).toBe('ok')
  await stopped
})
