import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { connect, type Socket } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { listen, urlOf } from '../../../../analyzer/api/listen.ts'
import {
  GrpcSessions,
  type SessionTimes,
} from '../../../../analyzer/ingest/receive/grpc-sessions.ts'
import { RawGrpc } from '../../../support/raw-grpc.ts'

/** Long: only what a test is about may happen. */
const LONG: SessionTimes = { prefaceMsMax: 60_000, pingMs: 60_000, idleMsMax: 600_000 }

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
const PING = 6
const GOAWAY = 7
const ACK_OF_PING = Buffer.from([0, 0, 8, PING, 1, 0, 0, 0, 0])

async function serve(times: Partial<SessionTimes>) {
  const server = createServer()
  const sessions = new GrpcSessions(server, { ...LONG, ...times })
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    stream.resume().on('end', () => {
      if (!stream.closed) stream.respond({ 'grpc-status': 0 }, { endStream: true })
    })
  })
  await listen(server, { host: '127.0.0.1', port: 0, flag: '--otlp-grpc-port' })
  onTestFinished(() => sessions.stop(0))
  const url = urlOf(server, '127.0.0.1')
  return { url, port: Number(new URL(url).port), server, sessions }
}

/** A peer on a plain socket, and the types of the frames that it is sent. */
function peer(port: number, { answersPings = false, allowHalfOpen = false } = {}) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  let unread = Buffer.alloc(0)
  const frames: number[] = []
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    while (unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
      const type = unread.readUInt8(3)
      frames.push(type)
      if (answersPings && type === PING) {
        socket.write(Buffer.concat([ACK_OF_PING, unread.subarray(9, 17)]))
      }
      unread = unread.subarray(9 + unread.readUIntBE(0, 3))
    }
  })
  return { socket, frames, closed: closedOf(socket) }
}

async function closedOf(socket: Socket): Promise<true> {
  await once(socket, 'close')
  return true
}

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['half a preface', PREFACE.subarray(0, 10)],
  ['a preface and no settings', PREFACE],
])('a peer that says %s is closed after a while', async (_, bytes) => {
  const { port } = await serve({ prefaceMsMax: 50 })
  const { socket, closed } = peer(port)
  socket.write(bytes)
  expect(await closed).toBe(true)
})

test('a peer that answers no ping is closed', async () => {
  const { port } = await serve({ pingMs: 50 })
  const { socket, closed, frames } = peer(port)
  socket.write(Buffer.concat([PREFACE, SETTINGS]))
  expect(await closed).toBe(true)
  expect(frames.filter((type) => type === PING)).toHaveLength(1)
})

test('a peer that is stuck in the middle of its headers is closed: it can answer no ping', async () => {
  const { port } = await serve({ pingMs: 50 })
  const { socket, closed } = peer(port)
  // HEADERS of stream 1 without END_HEADERS: what follows must be CONTINUATION.
  const headers = Buffer.from([0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82])
  socket.write(Buffer.concat([PREFACE, SETTINGS, headers]))
  expect(await closed).toBe(true)
})

test('a connection without a call is said goodbye, and one that has calls is not', async () => {
  const { port, url } = await serve({ pingMs: 50, idleMsMax: 100 })
  const idle = peer(port, { answersPings: true })
  const busy = await RawGrpc.open(url)
  const held = busy.call({ body: Buffer.alloc(1), ends: false })
  idle.socket.write(Buffer.concat([PREFACE, SETTINGS]))
  expect(await idle.closed).toBe(true)
  expect(idle.frames).toContain(GOAWAY)
  const answer = await busy.call({ body: Buffer.alloc(1) })
  expect(answer.code).toBe(0)
  busy.close()
  await held
})

test('where there are too many, who has been idle for longest gives way to who comes next', async () => {
  const { server, port } = await serve({})
  server.maxConnections = 2
  const [idle, later] = [peer(port, { answersPings: true }), peer(port, { answersPings: true })]
  for (const { socket } of [idle, later]) {
    socket.write(Buffer.concat([PREFACE, SETTINGS]))
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await once(socket, 'data')
  }
  expect(await peer(port).closed).toBe(true)
  expect(await idle.closed).toBe(true)
  expect(idle.frames).toContain(GOAWAY)
  const next = peer(port)
  next.socket.write(Buffer.concat([PREFACE, SETTINGS]))
  await once(next.socket, 'data')
  expect(later.socket.closed).toBe(false)
})

test('stopping waits for no peer that never ends its side', async () => {
  const { port, sessions } = await serve({})
  const other = peer(port, { allowHalfOpen: true })
  other.socket.write(Buffer.concat([PREFACE, SETTINGS]))
  await once(other.socket, 'data')
  await sessions.stop(100)
  other.socket.destroy()
  expect(other.frames).toContain(GOAWAY)
})

test('a peer that is silent and never ends its side is cut off', async () => {
  const { port } = await serve({ prefaceMsMax: 50 })
  const { socket, closed } = peer(port, { allowHalfOpen: true })
  await once(socket, 'end').catch(() => undefined)
  socket.end()
  expect(await closed).toBe(true)
})

test('stopping says goodbye, lets calls end, and waits no longer than it may', async () => {
  const { port, url, sessions } = await serve({})
  const other = peer(port)
  other.socket.write(Buffer.concat([PREFACE, SETTINGS]))
  await once(other.socket, 'data')
  const session = await RawGrpc.open(url)
  const held = session.call({ body: Buffer.alloc(1), ends: false })
  await session.call({ body: Buffer.alloc(1) })
  const stopped = sessions.stop(100)
  expect(await other.closed).toBe(true)
  expect(other.frames).toContain(GOAWAY)
  await stopped
  expect((await held).code).toBeUndefined()
})
