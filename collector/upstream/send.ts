import type { IncomingHttpHeaders } from 'node:http'
import { Client, buildConnector } from 'undici'
import type { Dispatcher } from 'undici'
import { Connections } from './connections.ts'
import { watchSocket, type Carrier } from './watch-sockets.ts'

/** One HTTP attempt: what is sent. The body is complete, so that it can be sent again. */
export interface UpstreamCall {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface ResponseHead {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
}

/** Transport trouble in the transport's own words: `ECONNRESET`, `UND_ERR_SOCKET` … */
export interface TransportError {
  readonly code: string
  readonly message: string
}

/**
 * Called in this order: `connected`, `head`, `data`*, then one of `end` and `failed`. `end` says
 * only that HTTP ended cleanly; whether the answer is whole is for the protocol to say (I1).
 */
export interface UpstreamListener {
  connected(): void
  head(head: ResponseHead): void
  data(chunk: Uint8Array): void
  end(): void
  failed(error: TransportError): void
}

/** A running attempt. After `abort` the listener hears nothing more. */
export interface Exchange {
  pause(): void
  resume(): void
  abort(): void
}

export interface UpstreamClient {
  send(call: UpstreamCall, listener: UpstreamListener): Exchange
  close(): Promise<void>
}

/** Sockets that never come up are given up after this, whoever still waits for them. */
const CONNECT_TIMEOUT_MS_MAX = 30_000

/** Providers' headers are some 2 KiB; what sends more is not one. */
const RESPONSE_HEADER_BYTES_MAX = 32 * 1024

const ABORTED = new Error('the attempt was given up by the router')

/**
 * The one place in the sidecar that opens outgoing connections. Every timer is the caller's own:
 * undici's tick once a second and do not tell silence from slowness. Redirects are not followed, so
 * that a key goes to its provider's origin only.
 */
export function createUpstreamClient(): UpstreamClient {
  // One, so that connections of an origin share its TLS sessions.
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS_MAX })
  const connections = new Connections(
    (origin) =>
      new Client(origin, {
        connect,
        headersTimeout: 0,
        bodyTimeout: 0,
        // No pipelining: one slow stream must not hold another's answer.
        pipelining: 1,
        maxHeaderSize: RESPONSE_HEADER_BYTES_MAX,
      }),
  )
  return {
    send: (call, listener) => send(connections, call, listener),
    close: () => connections.destroy(ABORTED),
  }
}

function send(connections: Connections, call: UpstreamCall, listener: UpstreamListener): Exchange {
  const { origin } = call.url
  const connection = connections.take(origin)
  const options = {
    path: call.url.pathname + call.url.search,
    method: 'POST',
    headers: call.headers,
    body: call.body,
  } as const
  const exchange = new UndiciExchange(listener, {
    dispatch() {
      connection.dispatch(options, exchange)
    },
    // Not at once: undici still works on the connection when it says that a request has ended.
    free(isBroken) {
      setImmediate(() => connections.giveBack(origin, connection, isBroken))
    },
  })
  exchange.dispatch()
  return exchange
}

/** What an exchange does to the connection that carries it. */
interface Line {
  /** Sends the call, on a fresh socket where the one before has closed. */
  dispatch(): void
  free(isBroken: boolean): void
}

class UndiciExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #listener: UpstreamListener
  readonly #line: Line
  #controller: Dispatcher.DispatchController | undefined
  #carrier: Carrier | undefined
  #isSecondTry = false
  /** HTTP has said its last word, heard or not: the connection is free. */
  #isFree = false
  #over = false

  constructor(listener: UpstreamListener, line: Line) {
    this.#listener = listener
    this.#line = line
  }

  dispatch(): void {
    this.#line.dispatch()
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#controller?.abort(ABORTED)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Given up while the socket was still coming up: nothing may be sent.
    if (this.#over) {
      controller.abort(ABORTED)
      return
    }
    watchSocket((carrier) => {
      this.#carrier = carrier
    })
    this.#listener.connected()
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 1xx comes before the answer's own head and says nothing to us.
    if (this.#over || statusCode < 200) return
    this.#listener.head({ statusCode, headers })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#listener.data(chunk)
  }

  onResponseEnd(): void {
    this.#free(false)
    if (this.#over) return
    this.#over = true
    this.#listener.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // Its server closed a kept connection while we were about to use it again: nothing is lost but
    // the socket, and this is no failure of the target. Once, for twice is no coincidence.
    if (!this.#over && !this.#isSecondTry && this.#carrier?.isStale() === true) {
      this.#isSecondTry = true
      this.#carrier = undefined
      this.#line.dispatch()
      return
    }
    this.#free(true)
    if (this.#over) return
    this.#over = true
    this.#listener.failed(toTransportError(error))
  }

  #free(isBroken: boolean): void {
    if (this.#isFree) return
    this.#isFree = true
    this.#line.free(isBroken)
  }
}

function toTransportError(error: Error): TransportError {
  const code = codeOf(error) ?? codeOf(error.cause) ?? error.name
  // An `AggregateError` of a dual-stack host has an empty message of its own.
  const message = error.message !== '' ? error.message : code
  return { code, message }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
