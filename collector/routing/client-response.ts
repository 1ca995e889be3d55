import type { ClientConnection } from './client.ts'
import type { Clock } from './clock.ts'

export interface ClientResponseOptions {
  readonly connection: ClientConnection
  readonly clock: Clock
  /** Computed when the head goes out: attempts and deployment are known only then. */
  readonly headers: () => Readonly<Record<string, string>>
  readonly headerHoldMs: number
  readonly keepAliveMs: number
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would hold events back to fill its buffers.
  'x-accel-buffering': 'no',
}

const KEEP_ALIVE = Buffer.from(': secondwind keep-alive\n\n')

/**
 * One response to the client. A stream's status and headers are held until there is content, so
 * that a failure before it can still be an HTTP error; when the hold runs out, 200 goes out and
 * comments keep the client waiting. Frames of one upstream read become one write: the cost of a
 * proxy is its writes, not its parsing.
 */
export class ClientResponse {
  readonly #options: ClientResponseOptions
  #head: 'held' | 'sent' = 'held'
  #ended = false
  #statusCode: number | undefined
  #parts: Uint8Array[] = []
  #flushing = false
  #holdExpired = false
  #lastWriteMs = 0
  #cancelTimer: (() => void) | undefined
  #onPressure: ((isSlow: boolean) => void) | undefined

  constructor(options: ClientResponseOptions) {
    this.#options = options
    options.connection.onDrain(() => this.#onPressure?.(false))
  }

  get headersSent(): boolean {
    return this.#head === 'sent'
  }

  get statusCode(): number | undefined {
    return this.#statusCode
  }

  get holdExpired(): boolean {
    return this.#holdExpired
  }

  get bytesWritten(): number {
    return this.#options.connection.bytesWritten
  }

  /** Starts the header hold of a stream. */
  hold(): void {
    this.#setTimer(this.#options.headerHoldMs, () => {
      this.#holdExpired = true
      this.#openStream()
      this.#send(KEEP_ALIVE)
    })
  }

  /**
   * Comments wherever the stream is silent: before its first content, while a target thinks or
   * hangs, and while another is asked. Proxies cut what is idle for 60 s (nginx, AWS's load
   * balancers), which is when a rescue begins. The timer is not set anew with every write: it looks
   * when the last write was.
   */
  #keepAlive(): void {
    if (this.#ended) return
    const { clock, keepAliveMs } = this.#options
    const dueMs = this.#lastWriteMs + keepAliveMs - clock.now()
    this.#setTimer(Math.max(dueMs, 1), () => {
      if (clock.now() - this.#lastWriteMs >= keepAliveMs) this.#send(KEEP_ALIVE)
      this.#keepAlive()
    })
  }

  /**
   * Who feeds the stream is told when the client cannot keep up, and when it can again. An attempt
   * that begins meanwhile hears of it by its first write: paused from the start, a target could
   * not even show that it lives, and would be blamed for a slow client.
   */
  onPressure(callback: ((isSlow: boolean) => void) | undefined): void {
    this.#onPressure = callback
  }

  /** A part of a stream: opens the response, and ends the hold. */
  write(bytes: Uint8Array): void {
    if (this.#ended || bytes.length === 0) return
    this.#parts.push(bytes)
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => this.#flush())
  }

  /** The stream is over, complete or by its in-band error. */
  endStream(): void {
    if (this.#ended) return
    this.#flush()
    if (!this.headersSent) this.#openStream()
    this.#clearTimer()
    this.#ended = true
    this.#options.connection.end()
  }

  /** A whole answer, or an error, in one piece. */
  sendWhole(
    statusCode: number,
    body: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    if (this.#ended) return
    this.#clearTimer()
    this.#ended = true
    this.#writeHead(statusCode, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      ...headers,
    })
    this.#options.connection.end(body)
  }

  /** The client is gone: nothing more is written, no timer stays. */
  abandon(): void {
    this.#clearTimer()
    this.#ended = true
    this.#parts = []
  }

  #flush(): void {
    this.#flushing = false
    if (this.#ended || this.#parts.length === 0) return
    if (!this.headersSent) this.#openStream()
    const bytes = joinBytes(this.#parts)
    this.#parts = []
    this.#send(bytes)
  }

  #openStream(): void {
    this.#writeHead(200, STREAM_HEADERS)
    this.#lastWriteMs = this.#options.clock.now()
    this.#keepAlive()
  }

  #writeHead(statusCode: number, headers: Readonly<Record<string, string>>): void {
    this.#head = 'sent'
    this.#statusCode = statusCode
    this.#options.connection.writeHead(
      statusCode,
      Object.assign({}, headers, this.#options.headers()),
    )
  }

  #send(bytes: Uint8Array): void {
    this.#lastWriteMs = this.#options.clock.now()
    if (!this.#options.connection.write(bytes)) this.#onPressure?.(true)
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#clearTimer()
    this.#cancelTimer = this.#options.clock.setTimer(delayMs, callback)
  }

  #clearTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}

/** Views of one buffer that follow each other are joined without copying. */
function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const first = parts[0]
  if (first === undefined || parts.length === 1) return first ?? new Uint8Array(0)
  let end = first.byteOffset + first.length
  for (let index = 1; index < parts.length; index += 1) {
    const part = parts[index]
    if (part === undefined || part.buffer !== first.buffer || part.byteOffset !== end) {
      return Buffer.concat(parts)
    }
    end += part.length
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset)
}
