import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** An answer as its bytes say it. */
export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A connection on which a test says every byte itself. */
export class RawConnection {
  readonly #socket: Socket
  readonly #waiting = new Set<() => void>()
  #unread = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, chunk])
      this.#notify()
    })
    socket.on('end', () => this.#notify())
    socket.on('close', () => this.#notify())
    // A reset shows as a connection that closed without an answer.
    socket.on('error', () => undefined)
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Says that nothing more will be written. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** The next answer; `withoutBody` for HEAD. Rejects where the connection ends before it. */
  async answer({ withoutBody = false } = {}): Promise<RawAnswer> {
    for (;;) {
      const parsed = parseAnswer(this.#unread, withoutBody)
      if (parsed !== undefined) {
        this.#unread = this.#unread.subarray(parsed.length)
        return parsed.answer
      }
      if (this.#isOver) throw new Error('the connection closed without an answer')
      await this.#more()
    }
  }

  /** Resolves when the other side has closed; with what it said that nobody has read. */
  async closed(): Promise<string> {
    while (!this.#isOver) await this.#more()
    return this.#unread.toString('latin1')
  }

  get #isOver(): boolean {
    return this.#socket.closed || this.#socket.readableEnded
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
    })
  }

  #notify(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** One request over a connection of its own. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const connection = await RawConnection.open(url)
  try {
    connection.write(bytes)
    return await connection.answer()
  } finally {
    connection.destroy()
  }
}

/** The bytes of a request; `Host` is there unless it is given as empty. */
export function rawRequest({
  method = 'POST',
  target = '/v1/traces',
  version = '1.1',
  headers = {},
  body,
}: RawRequest = {}): Buffer {
  const all = { host: 'localhost', ...lengthOf(body, headers), ...headers }
  const lines = Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body ?? [])])
}

interface RawRequest {
  readonly method?: string
  readonly target?: string
  readonly version?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

function lengthOf(
  body: Uint8Array | undefined,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isSaid = 'content-length' in headers || 'transfer-encoding' in headers
  return body === undefined || isSaid ? {} : { 'content-length': String(body.length) }
}

/** A body in chunks of these sizes, the last size again and again. */
export function chunked(body: Uint8Array, sizes: readonly number[] = [1, 7, 4096]): Buffer {
  const parts: Buffer[] = []
  for (let start = 0, index = 0; start < body.length; index += 1) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? body.length
    const part = body.subarray(start, start + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), Buffer.from(part), CRLF)
    start += size
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const CRLF = Buffer.from('\r\n')

function parseAnswer(
  bytes: Buffer,
  withoutBody: boolean,
): { readonly answer: RawAnswer; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const bodyLength = withoutBody ? 0 : Number(headers.get('content-length') ?? 0)
  const length = end + 4 + bodyLength
  if (bytes.length < length) return undefined
  const body = bytes.subarray(end + 4, length)
  return { answer: { status: Number(first.split(' ')[1]), headers, body }, length }
}
