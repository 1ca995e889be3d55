import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { answerUnreadable } from './answer-http.ts'
import { STATUS_CODES } from './otlp-response.ts'
import type { ReceiverOptions } from './receiver.ts'
import { later, malformed, Refusal, TOO_SLOW } from './refusal.ts'

/** For the sender to read the answer; it may still be writing, and would lose it by a reset. */
const LINGER_MS = 2000

/**
 * Answers what Node's parser refuses before it is a request. Node's own answers have no body, and
 * every error of OTLP/HTTP must carry a `google.rpc.Status`.
 */
export function answerUnreadableRequests(
  server: Server,
  { onRefused, queue }: Pick<ReceiverOptions, 'onRefused' | 'queue'>,
): void {
  const refuse = (socket: Socket, refusal: Refusal): void => {
    onRefused({ reason: refusal.reason, remoteAddress: socket.remoteAddress })
    answerUnreadable(socket, refusal)
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
  }
  const open = new OpenAnswers()
  const track = (request: IncomingMessage, response: ServerResponse): void =>
    open.add(request, response)
  server.on('request', track).on('checkContinue', track)
  const refused = new WeakSet<Socket>()
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // What follows bytes that could not be read cannot be read either.
    if (refused.has(socket)) return
    refused.add(socket)
    open.afterAnswers(socket, () => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
      else refuse(socket, toRefusal(error, queue.retryAfterMs()))
    })
  })
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined)
    refuse(socket, NO_PROXY)
  })
}

const NO_PROXY = new Refusal(405, {
  reason: 'not-otlp',
  code: STATUS_CODES.unimplemented,
  message: 'this is no proxy; traces are sent with POST to /v1/traces',
  headers: { allow: 'POST' },
})

/**
 * Answers that are still to come on a connection. A request that was read is answered before the
 * garbage behind it: the other way round its sender would take our refusal for its own.
 */
class OpenAnswers {
  readonly #bySocket = new WeakMap<Socket, Set<ServerResponse>>()

  add(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const responses = this.#bySocket.get(socket) ?? new Set()
    this.#bySocket.set(socket, responses.add(response))
    response.once('close', () => responses.delete(response))
  }

  /** Goes on when all requests of a connection that were read to their end have been answered. */
  afterAnswers(socket: Socket, goOn: () => void): void {
    const open = [...(this.#bySocket.get(socket) ?? [])].filter(({ req }) => req.complete)
    let left = open.length
    if (left === 0) goOn()
    for (const response of open) {
      response.once('close', () => {
        left -= 1
        if (left === 0) goOn()
      })
    }
  }
}

function toRefusal(error: NodeJS.ErrnoException, retryAfterMs: number): Refusal {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      // Not 408, which OTLP does not let senders repeat: the network was slow, the spans are fine.
      return later('slow', { message: TOO_SLOW, retryAfterMs })
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal(431, {
        reason: 'not-otlp',
        code: STATUS_CODES.invalidArgument,
        message: 'the headers of the request are too large',
      })
    case undefined:
      return malformed('this is no HTTP request', 'request')
    case 'HPE_PAUSED_H2_UPGRADE':
    case 'HPE_INVALID_VERSION':
      return malformed(
        'this port speaks HTTP/1.1; gRPC is received on the port of --otlp-grpc-port, 4317',
        'version',
      )
    default:
      // The parser's words, which quote nothing of the request.
      return malformed(`this is no HTTP request: ${error.message}`, 'request')
  }
}
