import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import type { Span } from '../../analyzer/story/span.ts'
import { readOtlp } from './read-otlp.ts'

/** Everything that a receiver of spans can do to whoever sends them. */
export const RECEIVER_FAULTS = [
  'refused',
  'black hole',
  'accept, then reset',
  'HTTP 500',
  'HTTP 413',
  'HTTP 400',
  'HTTP 429, Retry-After 3600',
  'an answer of 10 GB',
  'one byte per second',
  'TLS garbage',
  'a web page',
] as const
export type ReceiverFault = (typeof RECEIVER_FAULTS)[number]

export interface FaultyReceiver {
  readonly url: string
  /** Spans of every batch that was acknowledged. */
  readonly spans: readonly Span[]
  /** Batches or connections that met the present behaviour. */
  readonly met: () => number
  /** From now on; connections of before are cut. */
  behave(as: ReceiverFault | 'healthy'): Promise<void>
  stop(): Promise<void>
}

const BYTES = Buffer.alloc(64 * 1024, 'x')
const GIGABYTES_10 = 10 * 1024 ** 3

export async function startFaultyReceiver(): Promise<FaultyReceiver> {
  let behaviour: ReceiverFault | 'healthy' = 'healthy'
  let met = 0
  let port = 0
  const spans: Span[] = []
  const sockets = new Set<Socket>()
  const http = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      met += 1
      if (behaviour !== 'healthy') {
        misbehave(behaviour, response)
        return
      }
      spans.push(...readOtlp(Buffer.concat(chunks)))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    if (behaviour === 'accept, then reset') {
      met += 1
      socket.resetAndDestroy()
    } else if (behaviour === 'TLS garbage') {
      met += 1
      socket.end(Buffer.from('160301020001000101fffefd', 'hex'))
    } else if (behaviour === 'black hole') {
      met += 1
      // Bytes are taken, and nothing ever comes back.
      socket.resume()
    } else http.emit('connection', socket)
  })
  const listen = () =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve)
    })
  const close = () =>
    new Promise<void>((resolve) => {
      if (server.listening) server.close(() => resolve())
      else resolve()
      for (const socket of sockets) socket.destroy()
    })
  await listen()
  port = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    met: () => met,
    behave: async (as) => {
      await close()
      behaviour = as
      met = 0
      if (as !== 'refused') await listen()
    },
    stop: close,
  }
}

function misbehave(fault: ReceiverFault, response: ServerResponse): void {
  switch (fault) {
    case 'HTTP 500':
      response.writeHead(500).end('no')
      return
    case 'HTTP 413':
      response.writeHead(413).end('too large')
      return
    case 'HTTP 400':
      response.writeHead(400).end('not understood')
      return
    case 'HTTP 429, Retry-After 3600':
      response.writeHead(429, { 'retry-after': '3600' }).end()
      return
    case 'a web page':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>')
      return
    case 'an answer of 10 GB':
      response.writeHead(200, { 'content-length': GIGABYTES_10 })
      pour(response)
      return
    case 'one byte per second': {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 1000)
      response.on('close', () => clearInterval(timer))
      return
    }
    case 'refused':
    case 'black hole':
    case 'accept, then reset':
    case 'TLS garbage':
      response.destroy()
      return
    default:
      fault satisfies never
  }
}

/** As fast as it is taken, until nobody takes it. */
function pour(response: ServerResponse): void {
  while (!response.destroyed) if (!response.write(BYTES)) break
  if (!response.destroyed) response.once('drain', () => pour(response))
}
