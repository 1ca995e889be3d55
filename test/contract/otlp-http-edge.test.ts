import { describe, expect, test } from 'vitest'

import { ENCODINGS, freshSpan, shareAnalyzer } from '../support/otlp-target.ts'
import { statusOf } from '../support/otlp-answers.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { chunked, exchange, RawConnection, rawRequest } from '../support/raw-http.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * HTTP/1.1 around OTLP: connections that are kept, shared, held back and cut, requests that are
 * none. Every answer that is an error still carries a `google.rpc.Status`.
 */

const MIB = 1024 * 1024
const target = shareAnalyzer({ config: 'analyzer: { ingest: { body_mib: 1, queue_mib: 2 } }\n' })

const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const encode = ENCODINGS[0]?.encode ?? (() => Buffer.alloc(0))
const padded = ENCODINGS[0]?.padded ?? (() => Buffer.alloc(0))

const open = (): Promise<RawConnection> => RawConnection.open(target().httpUrl)
const good = (): Buffer => rawRequest({ headers: PROTOBUF, body: encode([freshSpan()]) })
const isServed = async (): Promise<boolean> =>
  (await exchange(target().httpUrl, good())).status === 200

describe('a connection', () => {
  test('is kept longer than the 90 s for which exporters keep theirs', async () => {
    const answer = await exchange(target().httpUrl, good())
    expect(answer.headers.get('connection')).toBe('keep-alive')
    const seconds = Number(/timeout=(\d+)/u.exec(answer.headers.get('keep-alive') ?? '')?.[1])
    expect(seconds).toBeGreaterThan(90)
  })

  test('carries a hundred requests, one after the other', async () => {
    const connection = await open()
    for (let round = 0; round < 100; round += 1) {
      connection.write(good())
      expect((await connection.answer()).status).toBe(200)
    }
    connection.destroy()
  })

  test('carries requests that are sent before the answers, and keeps their order', async () => {
    const connection = await open()
    const get = rawRequest({ method: 'GET', headers: PROTOBUF })
    connection.write(Buffer.concat([good(), get, good(), get, good()]))
    const statuses: number[] = []
    for (let round = 0; round < 5; round += 1) statuses.push((await connection.answer()).status)
    expect(statuses).toEqual([200, 405, 200, 405, 200])
    connection.destroy()
  })

  test('lives on after an error, where the request was read to its end', async () => {
    const connection = await open()
    connection.write(rawRequest({ headers: PROTOBUF, body: Buffer.from('hello') }))
    expect((await connection.answer()).status).toBe(400)
    connection.write(good())
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  })

  test('whose sender says that it will write no more gets its answer', async () => {
    const connection = await open()
    connection.write(good())
    connection.end()
    expect((await connection.answer()).status).toBe(200)
    await connection.closed()
  })

  test('may bring a request in single bytes', async () => {
    const connection = await open()
    for (const byte of good()) {
      connection.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  })

  test('of HTTP/1.0 is served and closed', async () => {
    const connection = await open()
    connection.write(rawRequest({ version: '1.0', headers: PROTOBUF, body: encode([freshSpan()]) }))
    const answer = await connection.answer()
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
    expect(await connection.closed()).toBe('')
  })
})

const head = (headers: Readonly<Record<string, string>>): Buffer =>
  rawRequest({ headers: { ...PROTOBUF, ...headers } })

describe('Expect', () => {
  test('100-continue: the body is asked for, and then the answer comes', async () => {
    const body = encode([freshSpan()])
    const connection = await open()
    connection.write(head({ 'content-length': String(body.length), expect: '100-continue' }))
    expect((await connection.answer()).status).toBe(100)
    connection.write(body)
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  })

  test.each([
    ['too large', { 'content-length': String(MIB + 1) }, 413],
    ['no OTLP', { 'content-length': '10', 'content-type': 'text/plain' }, 415],
    ['for another Host', { 'content-length': '10', host: 'other.example' }, 421],
  ])('100-continue: a body that is %s is refused and never asked for', async (...row) => {
    const [, headers, status] = row
    const connection = await open()
    connection.write(head({ expect: '100-continue', ...headers }))
    const answer = await connection.answer()
    expect(answer.status).toBe(status)
    expect(answer.headers.get('connection')).toBe('close')
    expect(statusOf(answer).message).toMatch(/\w{3}/u)
    expect(await connection.closed()).toBe('')
  })

  test('anything else is 417 with a Status', async () => {
    const answer = await exchange(target().httpUrl, head({ expect: 'the-best' }))
    expect(answer.status).toBe(417)
    expect(statusOf(answer).message).toContain('100-continue')
  })
})

describe('a request that is refused before it is one carries a Status too', () => {
  const DUPLICATE_LENGTH = 'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n'
  test.each<[string, string | Buffer, number]>([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['TLS on a port without it', Buffer.from('16030100c8010000c403039f', 'hex'), 400],
    ['gRPC on the port of HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a version that is not spoken', 'POST /v1/traces HTTP/3.0\r\nhost: localhost\r\n\r\n', 400],
    ['no method', ' /v1/traces HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['an unknown method', 'EXPORT /v1/traces HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['a blank in the target', 'POST /v1 /traces HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['two lengths', `${DUPLICATE_LENGTH}content-length: 2\r\n\r\nab`, 400],
    ['a length and chunks', `${DUPLICATE_LENGTH}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a length that is none', rawRequest({ headers: { 'content-length': '1e3' } }), 400],
    ['a length below nothing', rawRequest({ headers: { 'content-length': '-1' } }), 400],
    ['a header without a name', 'POST / HTTP/1.1\r\nhost: localhost\r\n: x\r\n\r\n', 400],
    ['a folded header', 'POST / HTTP/1.1\r\nhost: localhost\r\nx: y\r\n z\r\n\r\n', 400],
    ['a header of 64 KiB', rawRequest({ headers: { 'x-filler': 'x'.repeat(65_536) } }), 431],
    [
      'ten thousand headers',
      rawRequest({
        headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`x-${at}`, 'y'])),
      }),
      431,
    ],
    ['a proxy asked for', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n', 405],
    ['no Host', rawRequest({ headers: { host: '', ...PROTOBUF }, body: Buffer.alloc(0) }), 400],
  ])('%s', async (_, bytes, status) => {
    const connection = await open()
    connection.write(bytes)
    const answer = await connection.answer()
    expect(answer.status).toBe(status)
    expect(statusOf(answer).message).toMatch(/\w{3}/u)
    connection.destroy()
    expect(await isServed()).toBe(true)
  })

  test('a chunk without a size, after a body that had begun well', async () => {
    const connection = await open()
    connection.write(
      rawRequest({
        headers: { ...PROTOBUF, 'transfer-encoding': 'chunked' },
        body: Buffer.from('3\r\nabc\r\nzz\r\n'),
      }),
    )
    const answer = await connection.answer()
    expect(answer.status).toBe(400)
    expect(statusOf(answer).violations).toHaveLength(1)
    await connection.closed()
  })

  test('gRPC is told where it is received', async () => {
    const answer = await exchange(target().httpUrl, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    expect(statusOf(answer).message).toContain('--otlp-grpc-port')
  })

  test('what follows a good request does not take its answer', async () => {
    // As of a sender that announces a shorter body than it sends.
    const connection = await open()
    connection.write(Buffer.concat([good(), Buffer.from('\u0001\u0002garbage\r\n\r\n')]))
    expect((await connection.answer()).status).toBe(200)
    expect((await connection.answer()).status).toBe(400)
    expect(await connection.closed()).toBe('')
  })
})

test('a transfer encoding that nobody takes off is 501', async () => {
  const answer = await exchange(
    target().httpUrl,
    rawRequest({
      headers: { ...PROTOBUF, 'transfer-encoding': 'gzip, chunked' },
      body: chunked(Buffer.from('x')),
    }),
  )
  expect(answer.status).toBe(501)
  expect(statusOf(answer).code).toBe(12)
})

test('HEAD has the head of an answer and no body', async () => {
  const connection = await open()
  connection.write(rawRequest({ method: 'HEAD' }))
  const answer = await connection.answer({ withoutBody: true })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  connection.write(good())
  expect((await connection.answer()).status).toBe(200)
  connection.destroy()
})

test('no page of a website may send or read: there is no CORS', async () => {
  const origin = { origin: 'https://elsewhere.example' }
  const preflight = rawRequest({
    method: 'OPTIONS',
    headers: {
      ...origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  })
  const sent = rawRequest({ headers: { ...origin, ...PROTOBUF }, body: encode([freshSpan()]) })
  for (const [bytes, status] of [
    [preflight, 405],
    [sent, 200],
  ] as const) {
    const answer = await exchange(target().httpUrl, bytes)
    expect(answer.status).toBe(status)
    const names = [...answer.headers.keys()]
    expect(names.filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

async function askByUrl(host: string): Promise<number> {
  const bytes = rawRequest({
    target: `http://${host}/v1/traces?from=proxy`,
    headers: { ...PROTOBUF, host: 'ignored.example' },
    body: encode([freshSpan()]),
  })
  return (await exchange(target().httpUrl, bytes)).status
}

test('a proxy may ask by the whole URL; its host holds, not the header', async () => {
  expect(await askByUrl('localhost:4318')).toBe(200)
  expect(await askByUrl('rebound.example')).toBe(421)
})

test('an upgrade that is offered is not taken', async () => {
  const headers = { ...PROTOBUF, connection: 'upgrade, http2-settings', upgrade: 'h2c' }
  const answer = await exchange(
    target().httpUrl,
    rawRequest({ headers, body: encode([freshSpan()]) }),
  )
  expect(answer.status).toBe(200)
})

test('extensions of chunks and trailers are read over', async () => {
  const body = encode([freshSpan()])
  const answer = await exchange(
    target().httpUrl,
    rawRequest({
      headers: { ...PROTOBUF, 'transfer-encoding': 'chunked' },
      body: Buffer.concat([
        Buffer.from(`${body.length.toString(16)};name=value\r\n`),
        body,
        Buffer.from('\r\n0\r\nx-trailer: y\r\n\r\n'),
      ]),
    }),
  )
  expect(answer.status).toBe(200)
})

test('a sender that is still there when the analyzer stops loses nothing that was acknowledged', async () => {
  const dataDir = temporaryFolder()
  const first = await runAnalyzer({ dataDir })
  const acknowledged: string[] = []
  const senders = Array.from({ length: 4 }, async () => {
    const connection = await RawConnection.open(first.otlpHttpUrl)
    for (;;) {
      const span = freshSpan()
      connection.write(rawRequest({ headers: PROTOBUF, body: encode([span]) }))
      const answer = await connection.answer()
      if (answer.status === 200) acknowledged.push(span.traceId)
      if (answer.headers.get('connection') === 'close') return
    }
  })
  // One that is closed between two requests has no answer to wait for.
  const ended = Promise.allSettled(senders)
  await waitUntil(() => acknowledged.length > 50, 'spans to be acknowledged')
  // A connection that is merely kept does not hold up the end.
  const idle = await RawConnection.open(first.otlpHttpUrl)
  idle.write(good())
  await idle.answer()
  await first.stop()
  await ended
  await idle.closed()
  const second = await runAnalyzer({ dataDir })
  const traces = await Promise.all(
    acknowledged.map((traceId) => fetch(`${second.pageUrl}/api/v1/traces/${traceId}`)),
  )
  expect(traces.filter(({ ok }) => !ok)).toEqual([])
})

test('bodies that are announced and never sent take no room from others', async () => {
  const held = await Promise.all(Array.from({ length: 50 }, open))
  const headers = { ...PROTOBUF, 'content-length': String(MIB) }
  for (const connection of held) connection.write(rawRequest({ headers }))
  expect(await isServed()).toBe(true)
  for (const connection of held) connection.destroy()
})

test('bodies that are cut half-way give their room back', async () => {
  const part = rawRequest({
    headers: { ...PROTOBUF, 'content-length': String(MIB) },
    body: padded(MIB).subarray(0, MIB / 2),
  })
  for (let round = 0; round < 20; round += 1) {
    const connection = await open()
    connection.write(part)
    connection.end()
    connection.destroy()
  }
  const largest = rawRequest({ headers: PROTOBUF, body: padded(MIB) })
  const answer = await waitUntil(async () => {
    const one = await exchange(target().httpUrl, largest)
    return one.status === 200 && one
  }, 'room for the largest body')
  expect(answer.body).toHaveLength(0)
})
