import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'

import { expect, onTestFinished, test } from 'vitest'

import { grpcExchange, grpcFrame } from '../support/raw-grpc.ts'
import { jsonRequest, protobufRequest } from '../support/otlp.ts'
import { freshSpan } from '../support/otlp-target.ts'
import { exchange, rawRequest } from '../support/raw-http.ts'
import { startCommand } from '../support/start-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/**
 * Bytes that mean harm, or nothing, at both listeners of the real process: it lives, no promise is
 * left unhandled (it would end the process with 70), and whoever sends well is served in between.
 */

const SEED = 20_261_121

/** The same bytes in every run (mulberry32). */
function randomBytes(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) & 0xff
  }
}

async function startProcess() {
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
  const command = startCommand(['analyzer', ...ports, '--data-dir', temporaryFolder()])
  onTestFinished(async () => {
    command.kill('SIGKILL')
    await command.ended
  })
  const line = await command.waitForLine(/analyzer ready/u)
  const [httpUrl = '', grpcUrl = ''] = ['HTTP', 'gRPC'].map(
    (name) => new RegExp(`OTLP/${name} (http:[^,\\s]+)`, 'u').exec(line)?.[1] ?? '',
  )
  return { command, httpUrl, grpcUrl }
}

/** Writes, says that this was all, and hangs up at the first thing that comes back. */
async function throwAt(url: string, bytes: Uint8Array): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  const answered = Promise.race(['data', 'end', 'close'].map((event) => once(socket, event)))
  socket.end(bytes)
  await answered
  socket.destroy()
}

const head = (line: string, ...headers: readonly string[]): Buffer =>
  Buffer.from([line, 'host: localhost', ...headers, '', ''].join('\r\n'), 'latin1')

const REQUESTS: readonly Buffer[] = [
  ...['GET', 'POST', 'TRACE', 'CONNECT', 'OPTIONS', 'PRI', 'post', 'P\u0000ST'].flatMap((method) =>
    ['/v1/traces', '*', '//', '/../../etc/passwd', '/%00', 'http://a/b', ':4318', '\u00ff'].map(
      (target) => head(`${method} ${target} HTTP/1.1`),
    ),
  ),
  ...['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1 extra', ''].map(
    (version) => head(`POST /v1/traces ${version}`),
  ),
  ...[
    'content-length: 18446744073709551616',
    'content-length: 0x10',
    'content-length: 1, 1',
    'transfer-encoding: chunked, chunked',
    'transfer-encoding: identity',
    'transfer-encoding : chunked',
    'expect: 100-continue\r\ncontent-length: 99999999999',
    'upgrade: websocket\r\nconnection: upgrade',
    'connection: close, keep-alive',
    'content-type: application/json\r\ncontent-type: text/plain\r\ncontent-length: 2',
    `cookie: ${'x'.repeat(20_000)}`,
    'a\u0000b: c',
    '\u0001: x',
    'host: other',
  ].map((header) => head('POST /v1/traces HTTP/1.1', header)),
  ...['zz', '-1', 'ffffffffffffffff', '1;', `1;${'x'.repeat(70_000)}`, '0\r\nx'].map((size) =>
    Buffer.concat([
      head('POST /v1/traces HTTP/1.1', 'transfer-encoding: chunked'),
      Buffer.from(`${size}\r\nx\r\n`),
    ]),
  ),
]

test('requests that are none, and bytes of chance, leave both listeners as they were', async () => {
  const { command, httpUrl, grpcUrl } = await startProcess()
  const next = randomBytes(SEED)
  const noise = Array.from({ length: 60 }, (_, round) =>
    Buffer.from(Array.from({ length: 1 + round * 37 }, next)),
  )
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const frames = noise.map((bytes) => Buffer.concat([preface, bytes]))
  const everything = [...REQUESTS, ...noise, ...frames]
  await Promise.all(
    [httpUrl, grpcUrl].flatMap((url) => everything.map((bytes) => throwAt(url, bytes))),
  )
  const good = protobufRequest([freshSpan()])
  const headers = { 'content-type': 'application/x-protobuf' }
  expect((await exchange(httpUrl, rawRequest({ headers, body: good }))).status).toBe(200)
  expect((await grpcExchange(grpcUrl, { body: grpcFrame(good) })).code).toBe(0)
  expect(command.stderr()).not.toMatch(/uncaught|unhandled|internal error/iu)
  command.kill('SIGTERM')
  expect((await command.ended).exitCode).toBe(0)
}, 60_000)

test('bodies that are spoilt at any byte are answered, and never by 5xx', async () => {
  const { command, httpUrl, grpcUrl } = await startProcess()
  const next = randomBytes(SEED + 1)
  const spans = [freshSpan({ attributes: { a: 'x', b: ['y'], c: 5 } }), freshSpan()]
  const bodies: readonly (readonly [type: string, body: Buffer, encoding: string])[] = [
    ['application/x-protobuf', protobufRequest(spans), ''],
    ['application/json', Buffer.from(JSON.stringify(jsonRequest(spans))), ''],
    ['application/x-protobuf', gzipSync(protobufRequest(spans)), 'gzip'],
  ]
  const statuses = new Set<number>()
  const codes = new Set<number | undefined>()
  for (const [type, body, encoding] of bodies) {
    for (let round = 0; round < 60; round += 1) {
      const spoilt = Buffer.from(body)
      for (let times = 0; times <= round % 4; times += 1) {
        spoilt[(next() * 256 + next()) % spoilt.length] = next()
      }
      const headers = { 'content-type': type, 'content-encoding': encoding }
      const answer = await exchange(httpUrl, rawRequest({ headers, body: spoilt }))
      statuses.add(answer.status)
      if (type !== 'application/x-protobuf') continue
      const frame = grpcFrame(spoilt, { flag: encoding === '' ? 0 : 1 })
      const grpc = { body: frame, headers: { 'grpc-encoding': encoding } }
      codes.add((await grpcExchange(grpcUrl, grpc)).code)
    }
  }
  expect([...statuses].filter((status) => status !== 200 && status !== 400)).toEqual([])
  // OK, INVALID_ARGUMENT; INTERNAL for gzip that is damaged.
  expect([...codes].filter((code) => code !== 0 && code !== 3 && code !== 13)).toEqual([])
  expect(command.stderr()).not.toMatch(/uncaught|unhandled|internal error/iu)
  command.kill('SIGTERM')
  expect((await command.ended).exitCode).toBe(0)
}, 60_000)
