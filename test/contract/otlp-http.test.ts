import { gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { ENCODINGS, freshSpan, shareAnalyzer, type OtlpEncoding } from '../support/otlp-target.ts'
import { partialSuccessOf, statusOf } from '../support/otlp-answers.ts'
import {
  chunked,
  exchange,
  RawConnection,
  rawRequest,
  type RawAnswer,
} from '../support/raw-http.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * OTLP/HTTP as the OpenTelemetry protocol specification 1.11 has it, byte for byte against a whole
 * analyzer: what a receiver must do, one test each, in both encodings.
 */

const MIB = 1024 * 1024
const target = shareAnalyzer({ config: 'analyzer: { ingest: { body_mib: 1, queue_mib: 8 } }\n' })

const GZIP = { 'content-encoding': 'gzip' }

/** Of a member that does not come. */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0])

function post(
  encoding: OtlpEncoding,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const all = { 'content-type': encoding.type, ...headers }
  return exchange(target().httpUrl, rawRequest({ headers: all, body }))
}

/** No length is announced. */
function postInChunks(type: string, body: Uint8Array): Promise<RawAnswer> {
  const headers = { 'content-type': type, 'transfer-encoding': 'chunked' }
  const bytes = rawRequest({ headers, body: chunked(body, [64 * 1024]) })
  return exchange(target().httpUrl, bytes)
}

const storedSpans = (traceId: string) =>
  waitUntil(async () => {
    const spans = await target().stored(traceId)
    return spans.length > 0 && spans
  }, 'the trace to be stored')

describe.each(ENCODINGS)('$name', (encoding) => {
  const { type, encode, padded, emptyAnswer } = encoding

  test.each([
    ['plain', (body: Buffer) => body, {}],
    ['gzip', gzipSync, GZIP],
    ['identity', (body: Buffer) => body, { 'content-encoding': 'identity' }],
    ['gzip by its older name', gzipSync, { 'content-encoding': 'x-gzip' }],
    ['gzip in capitals', gzipSync, { 'content-encoding': 'GZIP' }],
    ['gzip of several members', gzipInMembers, GZIP],
  ] as const)('a server must take POST /v1/traces, body %s', async (_, pack, headers) => {
    const span = freshSpan()
    const body = pack(encode([span]))
    const whole = await post(encoding, body, headers)
    expect(whole.status).toBe(200)
    expect(whole.headers.get('content-type')).toBe(type)
    expect(whole.body.toString()).toBe(emptyAnswer)
    const inChunks = rawRequest({
      headers: { 'content-type': type, 'transfer-encoding': 'chunked', ...headers },
      body: chunked(body),
    })
    expect((await exchange(target().httpUrl, inChunks)).status).toBe(200)
    expect(await storedSpans(span.traceId)).toMatchObject([{ spanId: span.spanId }])
  })

  test.each([
    ['with a parameter', `${type};charset=utf-8`],
    ['with a parameter and a blank', `${type} ; charset=UTF-8`],
    ['in capitals', type.toUpperCase()],
  ])('the content type is understood %s', async (_, contentType) => {
    const answer = await post(encoding, encode([freshSpan()]), { 'content-type': contentType })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
  })

  test('an empty request should succeed', async () => {
    const empties = [Buffer.from(emptyAnswer), padded(64)]
    if (encoding.name === 'JSON') empties.push(Buffer.from('{"resourceSpans":[]}'))
    for (const body of empties) {
      for (const answer of [
        await post(encoding, body),
        await post(encoding, gzipSync(body), GZIP),
      ]) {
        expect(answer.status).toBe(200)
        expect(partialSuccessOf(answer)).toBeUndefined()
      }
    }
  })

  test('with full success partial_success must be unset', async () => {
    const answer = await post(encoding, encode([freshSpan()]))
    expect(partialSuccessOf(answer)).toBeUndefined()
  })

  test('with partial success the answer is 200 and counts exactly what was rejected', async () => {
    const good = freshSpan()
    const spans = [good, { ...good, traceId: '' }, { ...good, spanId: '0'.repeat(16) }]
    const answer = await post(encoding, encode(spans))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(partialSuccessOf(answer)).toEqual({
      rejectedSpans: 2,
      errorMessage: '2 spans were rejected (trace-id-invalid: 1, span-id-invalid: 1)',
    })
    expect(await storedSpans(good.traceId)).toHaveLength(1)
  })

  test('a request of nothing but bad spans is partial success too, never an error', async () => {
    const spans = Array.from({ length: 50 }, () => freshSpan({ traceId: '' }))
    const answer = await post(encoding, encode(spans))
    expect(answer.status).toBe(200)
    expect(partialSuccessOf(answer)?.rejectedSpans).toBe(50)
  })

  test('the same request again succeeds and is stored once', async () => {
    const span = freshSpan()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(encoding, encode([span]))),
    )
    answers.push(await post(encoding, gzipSync(encode([span])), GZIP))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    expect(answers.map((answer) => partialSuccessOf(answer))).toEqual(
      Array.from({ length: 6 }, () => undefined),
    )
    expect(await storedSpans(span.traceId)).toHaveLength(1)
  })

  test('a body of exactly the limit must pass, one byte more is 413, on the wire', async () => {
    expect((await post(encoding, padded(MIB))).status).toBe(200)
    const over = await post(encoding, padded(MIB + 1))
    expect(over.status).toBe(413)
    expect(statusOf(over)).toMatchObject({ code: 8, retryAfterS: undefined })
    expect(over.headers.has('retry-after')).toBe(false)
  })

  test('the limit holds where no length was announced', async () => {
    expect((await postInChunks(type, padded(MIB))).status).toBe(200)
    const over = await postInChunks(type, padded(MIB + 1))
    expect([over.status, statusOf(over).code]).toEqual([413, 8])
  })

  test('the limit must hold after decompression', async () => {
    expect((await post(encoding, gzipSync(padded(MIB)), GZIP)).status).toBe(200)
    const over = await post(encoding, gzipSync(padded(MIB + 1)), GZIP)
    expect([over.status, statusOf(over).code]).toEqual([413, 8])
    expect(statusOf(over).message).toContain(`${MIB} bytes after decompression`)
  })

  test('a bomb of 200 MiB is 413 and costs no more than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MIB, ' '))
    expect(bomb.length).toBeLessThan(MIB)
    expect((await post(encoding, bomb, GZIP)).status).toBe(413)
  })

  test('a bomb in members, none of which is too large, is 413 all the same', async () => {
    const member = gzipSync(padded(MIB / 2))
    const bomb = Buffer.concat(Array.from({ length: 200 }, () => member))
    expect(bomb.length).toBeLessThan(MIB)
    expect((await post(encoding, bomb, GZIP)).status).toBe(413)
  })

  test.each([
    ['no message of this encoding', Buffer.from('hello'), {}],
    ['a plain body called gzip', encode([freshSpan()]), GZIP],
    ['gzip that is cut off', gzipSync(encode([freshSpan()])).subarray(0, 40), GZIP],
    ['gzip with a wrong check sum', spoilt(gzipSync(encode([freshSpan()])), -6), GZIP],
    ['nothing at all called gzip', Buffer.alloc(0), GZIP],
    [
      'a member of gzip, and garbage',
      Buffer.concat([gzipSync(encode([freshSpan()])), GZIP_HEAD]),
      GZIP,
    ],
    ['gzip with a wrong length', spoilt(gzipSync(encode([freshSpan()])), -1), GZIP],
    ['gzip, and not said', gzipSync(encode([freshSpan()])), {}],
    ['a message that is cut off', encode([freshSpan()]).subarray(0, -3), {}],
  ])('what cannot be decoded must be 400 with BadRequest: %s', async (_, body, headers) => {
    const answer = await post(encoding, body, headers)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.has('retry-after')).toBe(false)
    const { code, message, violations, retryAfterS } = statusOf(answer)
    expect([code, retryAfterS]).toEqual([3, undefined])
    expect(message.length).toBeGreaterThan(5)
    expect(violations).toEqual([{ field: 'body', description: message }])
  })

  test.each([
    ['GET', 'GET', '/v1/traces', 405, 12],
    ['PUT', 'PUT', '/v1/traces', 405, 12],
    ['PATCH', 'PATCH', '/v1/traces', 405, 12],
    ['DELETE', 'DELETE', '/v1/traces', 405, 12],
    ['another path', 'POST', '/v1/trace', 404, 5],
    ['a slash behind the path', 'POST', '/v1/traces/', 404, 5],
    ['two slashes before it', 'POST', '//v1/traces', 404, 5],
    ['the path in capitals', 'POST', '/V1/TRACES', 404, 5],
    ['OPTIONS', 'OPTIONS', '/v1/traces', 405, 12],
    ['the root', 'POST', '/', 404, 5],
    ['logs', 'POST', '/v1/logs', 404, 12],
    ['metrics', 'POST', '/v1/metrics', 404, 12],
    ['profiles', 'POST', '/v1development/profiles', 404, 12],
  ])('every error must carry a Status in the encoding that was sent: %s', async (...row) => {
    const [, method, path, status, code] = row
    const headers = { 'content-type': type }
    const request = rawRequest({ method, target: path, headers, body: Buffer.from(emptyAnswer) })
    const answer = await exchange(target().httpUrl, request)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(statusOf(answer).code).toBe(code)
    expect(statusOf(answer).message).toMatch(/\w{3}/u)
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : undefined)
  })

  test.each(['br', 'deflate', 'zstd', 'zlib', 'snappy', 'lz4', 'x-snappy-framed', 'gzip, gzip'])(
    'the content encoding %s is 415 and names what is taken',
    async (name) => {
      const answer = await post(encoding, encode([freshSpan()]), { 'content-encoding': name })
      expect(answer.status).toBe(415)
      expect(answer.headers.get('accept-encoding')).toBe('gzip')
      expect(statusOf(answer)).toMatchObject({ code: 3, message: expect.stringContaining('gzip') })
    },
  )

  test('a foreign Host is 421 and learns nothing', async () => {
    const answer = await post(encoding, encode([freshSpan()]), { host: 'rebound.example:4318' })
    expect([answer.status, statusOf(answer).code]).toEqual([421, 3])
  })

  test('a sender that is told to wait must be told how long: 503 with Retry-After', async () => {
    // Bodies that are held back half-way fill the queue for real; nine do not fit into eight.
    const { httpUrl } = target()
    const held = await Promise.all(Array.from({ length: 9 }, () => RawConnection.open(httpUrl)))
    const part = rawRequest({
      headers: { 'content-type': type, 'content-length': String(MIB) },
      body: padded(MIB).subarray(0, MIB - 1),
    })
    for (const connection of held) connection.write(part)
    const busy = await Promise.race(held.map((connection) => connection.answer()))
    expect(busy.status).toBe(503)
    expect(busy.headers.get('retry-after')).toMatch(/^[1-9]\d?$/u)
    expect(statusOf(busy)).toMatchObject({
      code: 14,
      retryAfterS: Number(busy.headers.get('retry-after')),
    })
    for (const connection of held) connection.destroy()
    await waitUntil(async () => (await post(encoding, padded(1024))).status === 200, 'room again')
  })

  test('no answer comes near the 4 MiB that a sender reads', async () => {
    const long = 'x'.repeat(12_000)
    const answers = [
      await post(encoding, encode(Array.from({ length: 2000 }, () => freshSpan({ spanId: '' })))),
      await exchange(target().httpUrl, rawRequest({ target: `/${long}` })),
      await post(encoding, Buffer.from(long)),
    ]
    for (const { body } of answers) expect(body.length).toBeLessThan(8192)
  })

  test('an answer is not compressed, though the sender would take it', async () => {
    const answer = await post(encoding, encode([freshSpan()]), { 'accept-encoding': 'gzip' })
    expect(answer.headers.has('content-encoding')).toBe(false)
    expect(answer.body.toString()).toBe(emptyAnswer)
  })
})

test.each([
  ['none', ''],
  ['text', 'text/plain'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['the name that protobuf has elsewhere', 'application/protobuf'],
  ['bytes', 'application/octet-stream'],
  ['one that only begins alike', 'application/jsonl'],
])('a content type that is none of OTLP is 415, and told in JSON: %s', async (_, contentType) => {
  const [protobuf] = ENCODINGS
  const body = protobuf?.encode([freshSpan()]) ?? Buffer.alloc(0)
  const headers = { 'content-type': contentType }
  const answer = await exchange(target().httpUrl, rawRequest({ headers, body }))
  expect(answer.status).toBe(415)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('accept')).toBe('application/x-protobuf, application/json')
  expect(statusOf(answer)).toMatchObject({
    code: 3,
    message: expect.stringContaining('application/x-protobuf') as unknown,
  })
})

test.each(['application/grpc', 'application/grpc+proto', 'application/grpc-web'])(
  '%s is told which protocol to set',
  async (contentType) => {
    const headers = { 'content-type': contentType }
    const answer = await exchange(target().httpUrl, rawRequest({ headers, body: Buffer.alloc(5) }))
    expect(answer.status).toBe(415)
    expect(statusOf(answer).message).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf')
  },
)

test('logs and metrics are told what to switch off', async () => {
  for (const signal of ['logs', 'metrics', 'profiles']) {
    const path = signal === 'profiles' ? '/v1development/profiles' : `/v1/${signal}`
    const answer = await exchange(target().httpUrl, rawRequest({ target: path }))
    expect(answer.status).toBe(404)
    expect(statusOf(answer).message).toContain(`switch the exporter of ${signal} off`)
  }
})

test('both encodings are taken on one connection, told by the content type', async () => {
  const connection = await RawConnection.open(target().httpUrl)
  for (const encoding of [...ENCODINGS, ...ENCODINGS]) {
    const body = encoding.encode([freshSpan()])
    connection.write(rawRequest({ headers: { 'content-type': encoding.type }, body }))
    const answer = await connection.answer()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(encoding.type)
  }
  connection.destroy()
})

/** RFC 1952, section 2.2: members one after another are what they hold one after another. */
function gzipInMembers(bytes: Buffer): Buffer {
  const half = bytes.length / 2
  const parts = [bytes.subarray(0, half), Buffer.alloc(0), bytes.subarray(half)]
  return Buffer.concat(parts.map((part) => gzipSync(part)))
}

function spoilt(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const index = copy.length + at
  copy[index] = (copy[index] ?? 0) ^ 0xff
  return copy
}
