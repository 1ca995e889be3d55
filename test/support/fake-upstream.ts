import type { Socket } from 'node:net'
import { createServer } from 'node:net'

/** One request as it came over the wire. */
export interface WireRequest {
  readonly head: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface WireExchange {
  readonly request: WireRequest
  /** Exactly these bytes. */
  send(bytes: string | Uint8Array): void
  /** One HTTP chunk. */
  chunk(bytes: string | Uint8Array): void
  /** Resolves once the kernel took what was sent. */
  drained(): Promise<void>
  fin(): void
  rst(): void
  /** Resolves when the router closes the connection. */
  readonly closed: Promise<void>
}

export type Script = (exchange: WireExchange) => void | Promise<void>

export interface FakeUpstream {
  readonly url: string
  readonly requests: readonly WireRequest[]
  /** Resolves once so many requests have come. */
  waitForRequests(count: number): Promise<void>
  /** Resolves once a script waits for the router to read on, and goes on waiting. */
  stalled(): Promise<void>
  stop(): Promise<void>
}

/**
 * A provider on a raw socket, so that a script can send any byte and cut anywhere. The scripts are
 * used one per request, the last one for all that follow.
 */
export async function startFakeUpstream(...scripts: readonly Script[]): Promise<FakeUpstream> {
  const requests: WireRequest[] = []
  const sockets = new Set<Socket>()
  const waiting = new Set<() => void>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const closed = new Promise<void>((resolve) => {
      socket.on('close', () => {
        sockets.delete(socket)
        resolve()
      })
    })
    socket.on('error', () => {
      // A reset by the router is what some tests are about; `close` follows.
    })
    let received: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const parsed = takeRequest(received)
      if (parsed === undefined) return
      received = parsed.rest
      const script = scripts[Math.min(requests.length, scripts.length - 1)]
      requests.push(parsed.request)
      for (const wake of waiting) wake()
      waiting.clear()
      void script?.(toExchange(socket, parsed.request, closed))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async stalled() {
      let before = -1
      for (;;) {
        const blocked = [...sockets].filter((socket) => socket.writableNeedDrain)
        const written = blocked.reduce((sum, socket) => sum + socket.bytesWritten, 0)
        if (blocked.length > 0 && written === before) return
        before = blocked.length > 0 ? written : -1
        // oxlint-disable-next-line no-await-in-loop -- looks again until nothing moves
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    async waitForRequests(count) {
      while (requests.length < count) {
        // oxlint-disable-next-line no-await-in-loop -- one wait per request that comes
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function takeRequest(
  bytes: Buffer,
): { readonly request: WireRequest; readonly rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.subarray(0, end).toString('latin1')
  const [requestLine = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const length = Number(headers.get('content-length') ?? '0')
  const bodyStart = end + 4
  if (bytes.length < bodyStart + length) return undefined
  return {
    request: {
      head,
      path: requestLine.split(' ')[1] ?? '',
      headers,
      body: bytes.subarray(bodyStart, bodyStart + length).toString('utf8'),
    },
    rest: bytes.subarray(bodyStart + length),
  }
}

function toExchange(socket: Socket, request: WireRequest, closed: Promise<void>): WireExchange {
  return {
    request,
    closed,
    send: (bytes) => void socket.write(bytes),
    chunk(bytes) {
      const data = Buffer.from(bytes)
      socket.write(Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, CRLF]))
    },
    drained: () =>
      socket.writableNeedDrain
        ? new Promise((resolve) => socket.once('drain', () => resolve()))
        : Promise.resolve(),
    fin: () => void socket.end(),
    rst: () => void socket.resetAndDestroy(),
  }
}

const CRLF = Buffer.from('\r\n')

export const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

export const LAST_CHUNK = '0\r\n\r\n'

/** A whole HTTP response with a body of known length. */
export function response(status: number, headers: object, body: string): string {
  const lines = Object.entries({ 'content-length': Buffer.byteLength(body), ...headers }).map(
    ([name, value]) => `${name}: ${String(value)}`,
  )
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

export function jsonResponse(status: number, body: object, headers: object = {}): string {
  return response(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body))
}

/** A Chat stream of `words`, in frames; without its terminal where `finish` is null. */
export function chatFrames(words: readonly string[], finish: string | null = 'stop'): string[] {
  return [
    chatFrame({ role: 'assistant', content: '' }),
    ...words.map((content) => chatFrame({ content })),
    ...(finish === null ? [] : [chatFrame({}, finish), 'data: [DONE]\n\n']),
  ]
}

function chatFrame(delta: object, finish: string | null = null): string {
  return `data: ${JSON.stringify({
    id: 'chatcmpl-fake',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'fake-model',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`
}
