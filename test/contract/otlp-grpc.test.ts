import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { protobufPartial, protobufStatus } from '../support/otlp-answers.ts'
import { ENCODINGS, freshSpan, shareAnalyzer } from '../support/otlp-target.ts'
import { protobufRequest } from '../support/otlp.ts'
import {
  grpcExchange,
  grpcFrame,
  RawGrpc,
  TRACES_EXPORT,
  type GrpcAnswer,
  type GrpcCall,
} from '../support/raw-grpc.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * OTLP/gRPC as the specification has it, in HTTP/2 frames of our own against a whole analyzer: what
 * a receiver must do, one test each, and what it says to those who do it wrong.
 */

const MIB = 1024 * 1024
const target = shareAnalyzer({ config: 'analyzer: { ingest: { body_mib: 1, queue_mib: 2 } }\n' })

const OK = 0
const INVALID_ARGUMENT = 3
const DEADLINE_EXCEEDED = 4
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const INTERNAL = 13
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16
/** What the specification lets a sender repeat, RESOURCE_EXHAUSTED without RetryInfo left out. */
const RETRYABLE = [1, 4, 10, 11, 14, 15]

const padded = ENCODINGS[0]?.padded ?? (() => Buffer.alloc(0))
const one = (): Buffer => protobufRequest([freshSpan()])
const call = (options: GrpcCall): Promise<GrpcAnswer> => grpcExchange(target().grpcUrl, options)
const isServed = async (): Promise<boolean> => (await call({ body: grpcFrame(one()) })).code === OK

const zippedFrame = (length: number): Buffer => grpcFrame(gzipSync(padded(length)), { flag: 1 })

describe('TraceService/Export', () => {
  test.each([
    ['plain', (bytes: Buffer) => grpcFrame(bytes), {}],
    [
      'with gzip',
      (bytes: Buffer) => grpcFrame(gzipSync(bytes), { flag: 1 }),
      { 'grpc-encoding': 'gzip' },
    ],
    [
      'plain, though gzip was named',
      (bytes: Buffer) => grpcFrame(bytes),
      { 'grpc-encoding': 'gzip' },
    ],
    [
      'with an encoding of identity',
      (bytes: Buffer) => grpcFrame(bytes),
      { 'grpc-encoding': 'identity' },
    ],
  ] as const)('must be served, the message %s', async (_, pack, headers) => {
    const span = freshSpan()
    const answer = await call({ body: pack(protobufRequest([span])), headers })
    expect(answer).toMatchObject({ httpStatus: 200, code: OK })
    expect(answer.contentType).toMatch(/^application\/grpc/u)
    // Full success: `partial_success` unset, an empty message in a frame.
    expect(answer.body).toEqual(grpcFrame(Buffer.alloc(0)))
    const spans = await waitUntil(async () => {
      const stored = await target().stored(span.traceId)
      return stored.length > 0 && stored
    })
    expect(spans).toMatchObject([{ spanId: span.spanId }])
  })

  test.each(['application/grpc', 'application/grpc+proto', 'application/grpc;v=1'])(
    'is served for the content type %s',
    async (contentType) => {
      const headers = { 'content-type': contentType }
      expect((await call({ body: grpcFrame(one()), headers })).code).toBe(OK)
    },
  )

  test('is served without te: some proxies remove it', async () => {
    expect((await call({ body: grpcFrame(one()), headers: { te: '' } })).code).toBe(OK)
  })

  test('of an empty request should succeed', async () => {
    const answer = await call({ body: grpcFrame(Buffer.alloc(0)) })
    expect([answer.code, protobufPartial(answer.body.subarray(5))]).toEqual([OK, undefined])
  })

  test('with partial success is OK and counts exactly what was rejected', async () => {
    const good = freshSpan()
    const spans = [good, { ...good, traceId: '' }, { ...good, spanId: '' }]
    const answer = await call({ body: grpcFrame(protobufRequest(spans)) })
    expect(answer.code).toBe(OK)
    expect(protobufPartial(answer.body.subarray(5))).toEqual({
      rejectedSpans: 2,
      errorMessage: '2 spans were rejected (trace-id-invalid: 1, span-id-invalid: 1)',
    })
  })

  test('of the same spans again is OK, and they are stored once', async () => {
    const span = freshSpan()
    const body = grpcFrame(protobufRequest([span]))
    for (let round = 0; round < 3; round += 1) expect((await call({ body })).code).toBe(OK)
    const stored = await waitUntil(async () => {
      const spans = await target().stored(span.traceId)
      return spans.length > 0 && spans
    })
    expect(stored).toHaveLength(1)
  })

  test('goes on a hundred times on one connection, and at once', async () => {
    const session = await RawGrpc.open(target().grpcUrl)
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => session.call({ body: grpcFrame(one()) })),
    )
    session.close()
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([OK]))
  })
})

describe('a message', () => {
  test('of exactly the limit must pass, one byte more is RESOURCE_EXHAUSTED for good', async () => {
    expect((await call({ body: grpcFrame(padded(MIB)) })).code).toBe(OK)
    const over = await call({ body: grpcFrame(padded(MIB + 1)) })
    expect([over.code, over.details]).toEqual([RESOURCE_EXHAUSTED, undefined])
    expect(over.message).toMatch(/larger/u)
  })

  test('of the limit must hold after decompression', async () => {
    const headers = { 'grpc-encoding': 'gzip' }
    expect((await call({ headers, body: zippedFrame(MIB) })).code).toBe(OK)
    const over = await call({ headers, body: zippedFrame(MIB + 1) })
    expect([over.code, over.details]).toEqual([RESOURCE_EXHAUSTED, undefined])
    const bomb = grpcFrame(gzipSync(Buffer.alloc(200 * MIB)), { flag: 1 })
    expect((await call({ headers, body: bomb })).code).toBe(RESOURCE_EXHAUSTED)
  })

  test.each<[string, GrpcCall, number]>([
    ['no protobuf', { body: grpcFrame(Buffer.from('hello')) }, INVALID_ARGUMENT],
    ['cut off', { body: grpcFrame(one().subarray(0, -3)) }, INVALID_ARGUMENT],
    [
      'called gzip, and plain',
      { body: grpcFrame(one(), { flag: 1 }), headers: { 'grpc-encoding': 'gzip' } },
      INVALID_ARGUMENT,
    ],
    [
      'cut off within its gzip',
      {
        body: grpcFrame(gzipSync(one()).subarray(0, 30), { flag: 1 }),
        headers: { 'grpc-encoding': 'gzip' },
      },
      INVALID_ARGUMENT,
    ],
    [
      'compressed by what is not taken',
      { body: grpcFrame(one(), { flag: 1 }), headers: { 'grpc-encoding': 'zstd' } },
      UNIMPLEMENTED,
    ],
    [
      'compressed, and says not by what',
      { body: grpcFrame(gzipSync(one()), { flag: 1 }) },
      INTERNAL,
    ],
    [
      'compressed in a way that is not defined',
      { body: grpcFrame(one(), { flag: 2 }), headers: { 'grpc-encoding': 'gzip' } },
      INTERNAL,
    ],
    ['longer than its frame', { body: grpcFrame(one(), { length: 10_000 }) }, INTERNAL],
    ['not there', {}, INTERNAL],
    ['twice there', { body: Buffer.concat([grpcFrame(one()), grpcFrame(one())]) }, UNIMPLEMENTED],
    ['of half a head', { body: Buffer.from([0, 0, 0]) }, INTERNAL],
  ])('that is %s must not be sent again, and says so', async (_, options, code) => {
    const answer = await call(options)
    expect(answer.code).toBe(code)
    expect(RETRYABLE).not.toContain(answer.code)
    expect(answer.message).toMatch(/\w{3}/u)
    expect(await isServed()).toBe(true)
  })
})

test('a compression that is not taken is told what is', async () => {
  const headers = { 'grpc-encoding': 'zstd' }
  const answer = await call({ body: grpcFrame(one(), { flag: 1 }), headers })
  expect(answer.headers['grpc-accept-encoding']).toBe('identity,gzip')
})

test.each([
  ['logs', 'logs.v1.LogsService'],
  ['metrics', 'metrics.v1.MetricsService'],
  ['profiles', 'profiles.v1development.ProfilesService'],
])('%s are UNIMPLEMENTED, and told what to switch off', async (signal, service) => {
  const path = `/opentelemetry.proto.collector.${service}/Export`
  const answer = await call({ path, body: grpcFrame(Buffer.alloc(0)) })
  expect(answer.code).toBe(UNIMPLEMENTED)
  expect(answer.message).toContain(`switch the exporter of ${signal} off`)
})

test.each(['/', '/v1/traces', `${TRACES_EXPORT}/`, TRACES_EXPORT.toLowerCase()])(
  'the path %s is UNIMPLEMENTED',
  async (path) => {
    expect((await call({ path, body: grpcFrame(one()) })).code).toBe(UNIMPLEMENTED)
  },
)

test.each(['application/json', 'text/plain', ''])(
  'what is no gRPC (content type "%s") is told by HTTP, 415',
  async (contentType) => {
    const answer = await call({ body: one(), headers: { 'content-type': contentType } })
    expect(answer.httpStatus).toBe(415)
    expect(await isServed()).toBe(true)
  },
)

test('HTTP/1.1 on the port of gRPC ends that connection and nothing else', async () => {
  const answer = fetch(`${target().grpcUrl}/v1/traces`, { method: 'POST', body: '{}' })
  await expect(answer).rejects.toThrow('fetch failed')
  expect(await isServed()).toBe(true)
})

describe('a deadline', () => {
  test('that is over before the message is there ends the call', async () => {
    const answer = await call({
      headers: { 'grpc-timeout': '20m' },
      body: grpcFrame(one()).subarray(0, 10),
      ends: false,
    })
    expect(answer.code).toBe(DEADLINE_EXCEEDED)
  })

  test.each(['10S', '1H', '99999999S', '30000m'])('of %s is enough', async (timeout) => {
    const headers = { 'grpc-timeout': timeout }
    expect((await call({ headers, body: grpcFrame(one()) })).code).toBe(OK)
  })

  test('that is none ends the call, and nothing else', async () => {
    const answer = await call({ headers: { 'grpc-timeout': 'soon' }, body: grpcFrame(one()) })
    expect(answer.code).toBe(INTERNAL)
    expect(await isServed()).toBe(true)
  })
})

test('messages that are held back leave room for others as soon as they are given up', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 20 }, () => RawGrpc.open(target().grpcUrl)),
  )
  const held = sessions.map((session) =>
    session.call({ body: grpcFrame(padded(MIB)).subarray(0, MIB - 10), ends: false }),
  )
  // Eighteen find no room; the other two are waited for.
  const busy = await Promise.race(held)
  expect(busy.code).toBe(UNAVAILABLE)
  for (const session of sessions) session.close()
  await Promise.all(held)
  const largest = { body: grpcFrame(padded(MIB)) }
  await waitUntil(async () => (await call(largest)).code === OK, 'room for the largest')
  expect((await call(largest)).code).toBe(OK)
})

test('more calls than can be under way are asked to come again, with RetryInfo', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 22 }, () => RawGrpc.open(target().grpcUrl)),
  )
  const held = sessions.flatMap((session) =>
    Array.from({ length: 100 }, () => session.call({ body: Buffer.alloc(1), ends: false })),
  )
  // 2,200 are more than 2,048: some of them are answered at once.
  const busy = await Promise.race(held)
  expect(busy.code).toBe(UNAVAILABLE)
  expect(protobufStatus(busy.details ?? Buffer.alloc(0))).toMatchObject({
    code: UNAVAILABLE,
    retryAfterS: expect.any(Number) as unknown,
  })
  for (const session of sessions) session.close()
  await Promise.all(held)
  await waitUntil(isServed, 'room again')
  expect(await isServed()).toBe(true)
})

test('a foreign authority is refused', async () => {
  const headers = { ':authority': 'rebound.example:4317' }
  const answer = await call({ headers, body: grpcFrame(one()) })
  expect(answer.code).toBe(PERMISSION_DENIED)
})

test('a token is asked for before a byte of the message is', async () => {
  const authTokenFile = join(temporaryFolder(), 'token')
  writeFileSync(authTokenFile, 'the-token')
  const { otlpGrpcUrl } = await runAnalyzer({ authTokenFile })
  const send = (authorization: string, body: Uint8Array, ends: boolean): Promise<GrpcAnswer> =>
    grpcExchange(otlpGrpcUrl, { headers: { authorization }, body, ends })
  // Nothing but the first byte is ever sent, and the answer comes all the same.
  expect((await send('', Buffer.alloc(1), false)).code).toBe(UNAUTHENTICATED)
  expect((await send('Bearer wrong', Buffer.alloc(1), false)).code).toBe(UNAUTHENTICATED)
  expect((await send('Bearer the-token', grpcFrame(one()), true)).code).toBe(OK)
})
