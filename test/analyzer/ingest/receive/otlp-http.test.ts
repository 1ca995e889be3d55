import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'

import { expect, onTestFinished, test } from 'vitest'

import { HostGate } from '../../../../analyzer/api/host-gate.ts'
import type { TokenVerdict } from '../../../../analyzer/api/token-file.ts'
import { listen, urlOf } from '../../../../analyzer/api/listen.ts'
import { IngestCounts } from '../../../../analyzer/ingest/ingest-report.ts'
import { Ingestor } from '../../../../analyzer/ingest/ingestor.ts'
import { createOtlpHttpServer } from '../../../../analyzer/ingest/receive/otlp-http.ts'
import { ProtobufReader } from '../../../../analyzer/ingest/otlp/protobuf-reader.ts'
import type { RefusedRequest } from '../../../../analyzer/ingest/receive/receiver.ts'
import { isStoreTrouble } from '../../../../analyzer/store/sqlite/open-database.ts'
import type { SpanWriter } from '../../../../analyzer/store/store.ts'
import { openQueue } from '../../../support/open-queue.ts'
import { buildSpan, jsonRequest, protobufRequest } from '../../../support/otlp.ts'
import { openTestStore } from '../../../support/open-test-store.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const MIB = 1024 * 1024

interface Setup {
  readonly spoil?: (writer: SpanWriter) => SpanWriter
  readonly verdict?: TokenVerdict
}

/** A receiver with a real store behind it, all in this process. */
async function receiver({ spoil = (writer) => writer, verdict = 'ok' }: Setup = {}) {
  const { writer, reader } = openTestStore()
  const logged: string[] = []
  const ingestor = new Ingestor({
    writer: spoil(writer),
    salt: Buffer.from('salt'),
    bodyBytesMax: 64 * MIB,
    sourceOf: () => 'default',
    sheds: () => false,
    isStoreTrouble,
    counts: new IngestCounts(() => 1000),
    now: () => 1000,
    log: (line) => logged.push(line),
  })
  const gate = new HostGate('127.0.0.1', [])
  const refused: RefusedRequest[] = []
  const server = createOtlpHttpServer({
    queue: openQueue(),
    onRefused: (refusal) => refused.push(refusal),
    ingest: (request) => ingestor.receive(request),
    admitsHost: (host) => gate.admits(host),
    authorise: () => ({ kind: verdict }),
    log: (line) => logged.push(line),
  })
  await listen(server, { host: '127.0.0.1', port: 0, flag: '--otlp-http-port' })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    ingestor.flush()
    reader.close()
    writer.close()
  })
  const url = urlOf(server, '127.0.0.1')
  const port = Number(new URL(url).port)
  return {
    port,
    server,
    reader,
    logged,
    refused,
    post: (body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}) => {
      const lines = Object.entries({ 'content-type': PROTOBUF, ...headers })
        .filter(([, value]) => value !== '')
        .map(([name, value]) => `${name}: ${value}\r\n`)
      const payload = Buffer.from(body)
      const head = `POST /v1/traces HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-length: ${payload.length}\r\n`
      return exchange(port, Buffer.concat([Buffer.from(`${head}${lines.join('')}\r\n`), payload]))
    },
    raw: (bytes: string | Uint8Array) => exchange(port, Buffer.from(bytes)),
  }
}

/** White space around an empty JSON request is still an empty request. */
const padded = (length: number): Buffer => Buffer.from(`{}${' '.repeat(length - 2)}`)

interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** One request over a socket of its own, and the answer as the bytes say it. */
async function exchange(port: number, request: Buffer): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  socket.write(request)
  for (;;) {
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
    const answer = parse(Buffer.concat(chunks))
    if (answer === undefined && !socket.closed) continue
    socket.destroy()
    if (answer === undefined) throw new Error('the connection closed without an answer')
    return answer
  }
}

function parse(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const body = bytes.subarray(end + 4)
  if (body.length < Number(headers.get('content-length') ?? 0)) return undefined
  return { status: Number(first.split(' ')[1]), headers, body }
}

/** `google.rpc.Status`, in the encoding that the answer names. */
function statusOf({ headers, body }: Answer): { code: number; message: string } {
  if (headers.get('content-type') === JSON_TYPE) {
    return JSON.parse(body.toString()) as { code: number; message: string }
  }
  const reader = new ProtobufReader(body)
  const status = { code: 0, message: '' }
  while (reader.next()) {
    if (reader.field === 1) status.code = Number(reader.int64())
    else status.message = reader.string()
  }
  return status
}

const one = protobufRequest([buildSpan()])
const oneJson = JSON.stringify(jsonRequest([buildSpan()]))

test.each([
  ['protobuf', one, {}],
  ['protobuf, gzip', gzipSync(one), { 'content-encoding': 'gzip' }],
  ['JSON', oneJson, { 'content-type': JSON_TYPE }],
  ['JSON with a charset', oneJson, { 'content-type': 'application/json;charset=utf-8' }],
  ['JSON in capitals', oneJson, { 'content-type': 'APPLICATION/JSON' }],
  ['JSON, gzip', gzipSync(oneJson), { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }],
])(
  'takes %s and answers in the same encoding, without a partial success',
  async (_, body, headers) => {
    const { post, reader } = await receiver()
    const answer = await post(body, headers)
    expect(answer.status).toBe(200)
    const json = 'content-type' in headers
    expect(answer.headers.get('content-type')).toBe(json ? JSON_TYPE : PROTOBUF)
    expect(answer.body.toString()).toBe(json ? '{}' : '')
    expect(reader.readAfter(0, 10).map(({ content }) => content.spans()[0]?.spanId)).toEqual([
      buildSpan().spanId,
    ])
  },
)

test('an empty request succeeds', async () => {
  const { post } = await receiver()
  expect((await post('')).status).toBe(200)
  expect((await post('{}', { 'content-type': JSON_TYPE })).status).toBe(200)
})

test('the same spans again succeed and are stored once', async () => {
  const { post, reader } = await receiver()
  await Promise.all(Array.from({ length: 5 }, () => post(one)))
  expect((await post(one)).status).toBe(200)
  expect(reader.counts().stored).toBe(1)
})

test('bad spans are rejected by number and reason, and what was sent is accounted for', async () => {
  const { post, reader } = await receiver()
  const spans = [buildSpan(), buildSpan({ traceId: '' }), buildSpan({ spanId: '0'.repeat(16) })]
  const json = await post(JSON.stringify(jsonRequest(spans)), { 'content-type': JSON_TYPE })
  expect(json.status).toBe(200)
  expect(JSON.parse(json.body.toString())).toEqual({
    partialSuccess: {
      rejectedSpans: '2',
      errorMessage: '2 spans were rejected (trace-id-invalid: 1, span-id-invalid: 1)',
    },
  })
  const protobuf = new ProtobufReader((await post(protobufRequest(spans))).body)
  expect(protobuf.next() && protobuf.field).toBe(1)
  const partial = protobuf.message()
  expect(partial.next() && partial.int64()).toBe(2)
  expect(reader.counts()).toMatchObject({ stored: 1, rejected: 4 })
})

test.each([
  ['no body that is protobuf', 'hello', {}, 400, 3],
  ['no body that is JSON', '{', { 'content-type': JSON_TYPE }, 400, 3],
  ['a plain body called gzip', one, { 'content-encoding': 'gzip' }, 400, 3],
  ['a cut gzip body', gzipSync(one).subarray(0, 30), { 'content-encoding': 'gzip' }, 400, 3],
  ['no content type', one, { 'content-type': '' }, 415, 3],
  ['another content type', one, { 'content-type': 'text/plain' }, 415, 3],
  ['gRPC', one, { 'content-type': 'application/grpc' }, 415, 3],
  ['another content encoding', one, { 'content-encoding': 'br' }, 415, 3],
  ['two content encodings', one, { 'content-encoding': 'gzip, gzip' }, 415, 3],
  ['a foreign Host', one, { host: 'evil.example' }, 421, 3],
] as const)('%s is refused with a Status', async (...row) => {
  const [, body, headers, status, code] = row
  const { post, raw, reader } = await receiver()
  const answer =
    'host' in headers
      ? await raw(`POST /v1/traces HTTP/1.1\r\nhost: ${headers.host}\r\ncontent-length: 0\r\n\r\n`)
      : await post(body, headers)
  expect(answer.status).toBe(status)
  expect(statusOf(answer)).toMatchObject({
    code,
    message: expect.stringMatching(/\w{3}/u) as unknown,
  })
  expect(reader.counts().stored).toBe(0)
})

test('gRPC on this port is told what to set', async () => {
  const { post } = await receiver()
  const answer = await post(one, { 'content-type': 'application/grpc+proto' })
  expect(statusOf(answer).message).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf')
})

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s is answered 405 with a Status', async (method) => {
  const { raw } = await receiver()
  const answer = await raw(
    `${method} /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: 0\r\n\r\n`,
  )
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toBe('POST')
  expect(statusOf(answer).message).toContain('POST')
})

test.each([
  ['/v1/logs', 'reads traces only'],
  ['/v1/metrics', 'reads traces only'],
  ['/', 'received at /v1/traces'],
])('%s says what is received here', async (path, message) => {
  const { raw } = await receiver()
  const answer = await raw(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: 2\r\n\r\n{}`,
  )
  expect(answer.status).toBe(404)
  expect(statusOf(answer).message).toContain(message)
})

test('a gzip bomb stops at the limit', async () => {
  const { post, reader } = await receiver()
  const bomb = gzipSync(Buffer.alloc(200 * MIB))
  expect(bomb.length).toBeLessThan(MIB)
  const answer = await post(bomb, { 'content-encoding': 'gzip' })
  expect(answer.status).toBe(413)
  expect(statusOf(answer)).toEqual({
    code: 8,
    message: expect.stringContaining('smaller') as unknown,
  })
  expect(reader.counts().stored).toBe(0)
})

test('a body that announces too much is refused before it is read', async () => {
  const { raw } = await receiver()
  const answer = await raw(
    `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: ${65 * MIB}\r\nexpect: 100-continue\r\n\r\n`,
  )
  expect([100, 413]).toContain(answer.status)
})

test('a body of exactly the limit is taken, one byte more is not', async () => {
  const { post } = await receiver()
  const headers = { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }
  expect((await post(gzipSync(padded(64 * MIB)), headers)).status).toBe(200)
  expect((await post(gzipSync(padded(64 * MIB + 1)), headers)).status).toBe(413)
})

test('spans that cannot be written are not acknowledged, and the sender is asked to come again', async () => {
  const { post, logged } = await receiver({
    spoil: () => ({
      append: () => {
        throw new Error('database or disk is full')
      },
      tidyUp: () => undefined,
      close: () => undefined,
    }),
  })
  const answer = await post(one)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/u)
  expect(statusOf(answer).code).toBe(14)
  expect(logged.join()).toContain('disk is full')
})

test.each([
  ['missing', 401, 'no-token'],
  ['wrong', 401, 'wrong-token'],
  ['rotating', 503, 'token-rotating'],
] as const)('a token that is %s is answered %i', async (verdict, status, reason) => {
  const { post, refused } = await receiver({ verdict })
  expect((await post(one)).status).toBe(status)
  expect(refused).toEqual([{ reason, remoteAddress: '127.0.0.1' }])
})

test('an answer is given only when the span is on disk', async () => {
  const order: string[] = []
  const { post } = await receiver({
    spoil: (writer) => ({
      append: (arrivals, tallies) => {
        const appended = writer.append(arrivals, tallies)
        order.push('committed')
        return appended
      },
      tidyUp: () => writer.tidyUp(),
      close: () => writer.close(),
    }),
  })
  await post(one)
  order.push('acknowledged')
  expect(order).toEqual(['committed', 'acknowledged'])
})

test('where there are too many connections, those that are idle give way to who comes next', async () => {
  const { port, server } = await receiver()
  server.maxConnections = 1
  const idle = connect(port, '127.0.0.1')
  idle.on('error', () => undefined)
  const gone = once(idle, 'close')
  idle.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await once(idle, 'data')
  const refused = connect(port, '127.0.0.1')
  refused.on('error', () => undefined)
  await once(refused, 'close')
  await gone
  const answer = await exchange(port, Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'))
  expect(answer.status).toBe(404)
})
