import type { Socket } from 'node:net'
import type { Framing } from './script.ts'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * HTTP/1.1 by hand on a socket, one request after the other, because an HTTP library would not let
 * the answer be cut at any byte, end without its length, or reset.
 */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** How one answer is written. After `closeAbruptly` nothing more can be. */
export interface HttpReply {
  /** Aborted once the peer has closed or the server stops. */
  readonly gone: AbortSignal
  whole(status: number, headers: Readonly<Record<string, string>>, body: Buffer | string): void
  /** Promises a length, and sends only the first part of the body. */
  part(headers: Readonly<Record<string, string>>, body: Buffer, bytes: number): void
  begin(headers: Readonly<Record<string, string>>, framing?: Framing): void
  chunk(bytes: Buffer | string): void
  end(): void
  closeAbruptly(how: 'fin' | 'rst'): Promise<void>
}

/** No request of a test or the demo comes near it; a peer that never ends its head is let go. */
const REQUEST_BYTES_MAX = 40 * 1024 * 1024

/**
 * A reset may overtake data that the peer has not read yet, so a break waits this long: then "cut
 * after 40 words" is 40 words for the client too.
 */
const SETTLE_BEFORE_BREAK_MS = 25

const REASONS: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [302, 'Found'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [404, 'Not Found'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
])

export async function serveConnection(
  socket: Socket,
  answer: (request: HttpRequest, reply: HttpReply) => Promise<void>,
): Promise<void> {
  const gone = new AbortController()
  socket.on('close', () => gone.abort())
  // A peer that resets is what this server is for; `close` follows and says enough.
  socket.on('error', () => gone.abort())
  const reader = createReader(socket)
  while (!gone.signal.aborted) {
    const request = await readRequest(reader)
    if (!request) break
    await answer(request, createReply(socket, gone.signal))
  }
  socket.destroy()
}

interface Reader {
  /** The bytes up to and including `mark`; `undefined` where the peer ended before it. */
  until(mark: string): Promise<Buffer | undefined>
  take(bytes: number): Promise<Buffer | undefined>
}

function createReader(socket: Socket): Reader {
  let buffered = Buffer.alloc(0)
  let ended = false
  let wake: (() => void) | undefined
  socket.on('data', (bytes: Buffer) => {
    buffered = Buffer.concat([buffered, bytes])
    if (buffered.length > REQUEST_BYTES_MAX) socket.destroy()
    wake?.()
  })
  for (const event of ['end', 'close', 'error']) {
    socket.on(event, () => {
      ended = true
      wake?.()
    })
  }
  const more = async (): Promise<boolean> => {
    if (ended) return false
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    return true
  }
  const cut = (bytes: number): Buffer => {
    const taken = buffered.subarray(0, bytes)
    buffered = buffered.subarray(bytes)
    return taken
  }
  return {
    async until(mark) {
      for (;;) {
        const at = buffered.indexOf(mark)
        if (at >= 0) return cut(at + mark.length)
        if (!(await more())) return undefined
      }
    },
    async take(bytes) {
      while (buffered.length < bytes) if (!(await more())) return undefined
      return cut(bytes)
    },
  }
}

async function readRequest(reader: Reader): Promise<HttpRequest | undefined> {
  const head = await reader.until('\r\n\r\n')
  if (!head) return undefined
  const [requestLine = '', ...lines] = head.toString('latin1').trimEnd().split('\r\n')
  const [method = '', path = ''] = requestLine.split(' ')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const body = await readBody(reader, headers)
  return body && { method, path, headers, body }
}

async function readBody(
  reader: Reader,
  headers: ReadonlyMap<string, string>,
): Promise<Buffer | undefined> {
  if (headers.get('transfer-encoding') !== 'chunked') {
    return reader.take(Number(headers.get('content-length') ?? 0))
  }
  const chunks: Buffer[] = []
  for (;;) {
    const size = await reader.until('\r\n')
    const bytes = Number.parseInt(size?.toString('latin1') ?? '', 16)
    if (Number.isNaN(bytes)) return undefined
    const chunk = await reader.take(bytes + 2)
    if (!chunk) return undefined
    if (bytes === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, bytes))
  }
}

function createReply(socket: Socket, gone: AbortSignal): HttpReply {
  const write = (bytes: Buffer | string): void => {
    if (!socket.destroyed && socket.writable) socket.write(bytes)
  }
  let begun: Framing = 'chunked'
  return {
    gone,
    whole(status, headers, body) {
      const bytes = Buffer.from(body)
      write(headOf(status, { ...headers, 'content-length': String(bytes.length) }))
      write(bytes)
    },
    part(headers, body, bytes) {
      write(headOf(200, { ...headers, 'content-length': String(body.length) }))
      write(body.subarray(0, bytes))
    },
    begin(headers, framing = 'chunked') {
      begun = framing
      write(headOf(200, { ...headers, ...FRAMING_HEADERS[framing] }))
    },
    chunk(bytes) {
      const buffer = Buffer.from(bytes)
      // An empty chunk would be the end of the body.
      if (buffer.length === 0) return
      if (begun !== 'chunked') write(buffer)
      else write(Buffer.concat([Buffer.from(`${buffer.length.toString(16)}\r\n`), buffer, CRLF]))
    },
    end() {
      if (begun === 'chunked') write('0\r\n\r\n')
      else socket.end()
    },
    async closeAbruptly(how) {
      await delay(SETTLE_BEFORE_BREAK_MS)
      if (how === 'rst') socket.resetAndDestroy()
      else socket.end()
    },
  }
}

/** More than any answer of the demo has. */
const PROMISED_BYTES = '1000000'

const FRAMING_HEADERS: Readonly<Record<Framing, Readonly<Record<string, string>>>> = {
  chunked: { 'transfer-encoding': 'chunked' },
  'until-close': { connection: 'close' },
  'promised-length': { 'content-length': PROMISED_BYTES },
}

const CRLF = Buffer.from('\r\n')

function headOf(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${REASONS.get(status) ?? 'Demo'}\r\n${lines.join('')}\r\n`
}
