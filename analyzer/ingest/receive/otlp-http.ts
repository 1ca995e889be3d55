import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { messageOf } from '../../message-of.ts'
import { answerRefusal, answerStored } from './answer-http.ts'
import type { IngestAnswer } from '../ingestor.ts'
import { encodingOf, readHead, type OtlpHead } from './otlp-head.ts'
import { STATUS_CODES } from './otlp-response.ts'
import { discardRest, readBody, type ReadResult } from './read-body.ts'
import type { ReceiverOptions } from './receiver.ts'
import {
  later,
  malformed,
  PROBLEM_OF_OURS,
  Refusal,
  tooLarge,
  TOO_MUCH_ARRIVES,
  TOO_SLOW,
} from './refusal.ts'
import { answerUnreadableRequests } from './unreadable-requests.ts'

/** Of the head: it comes in one piece unless somebody holds it back. */
const HEAD_MS_MAX = 10_000
/** Of a whole request: the largest body at 1 MiB/s. */
const REQUEST_MS_MAX = 60_000
/** How often both are looked at; without it a slow sender has 30 s more. */
const CHECK_MS = 1000
/**
 * Exporters keep connections for later; Go's the longest, 90 s. Whoever reuses one that we close at
 * that moment loses what it sends.
 */
const KEEP_ALIVE_MS = 120_000
/** Thousands of senders, and far from a process's file descriptors. */
const CONNECTIONS_MAX = 2000

/** The OTLP/HTTP receiver, to the letter of the OpenTelemetry protocol specification. */
export function createOtlpHttpServer(options: ReceiverOptions): Server {
  const server = createServer({
    headersTimeout: HEAD_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node's own answer has no body; `readHead` gives one.
    requireHostHeader: false,
  })
  const receiver = new Receiver(options, server)
  server
    .on('request', (request: IncomingMessage, response: ServerResponse) => {
      void receiver.handle(request, response)
    })
    .on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      void receiver.handle(request, response, () => response.writeContinue())
    })
    .on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      receiver.refuseExpectation(request, response)
    })
  answerUnreadableRequests(server, options)
  // One more would be too many: who has nothing to say gives way to who comes next.
  server.on('drop', () => server.closeIdleConnections())
  server.maxConnections = CONNECTIONS_MAX
  // A sender that says that it will write no more waits for its answer all the same.
  return Object.assign(server, { httpAllowHalfOpen: true })
}

type WholeBody = Extract<ReadResult, { kind: 'read' }>

class Receiver {
  readonly #options: ReceiverOptions
  readonly #server: Server

  constructor(options: ReceiverOptions, server: Server) {
    this.#options = options
    this.#server = server
  }

  /** `goOn` asks a sender that waits for it (`Expect: 100-continue`) for the body. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    goOn?: () => void,
  ): Promise<void> {
    let bodyComes = goOn === undefined
    try {
      const head = readHead(request, this.#options)
      goOn?.()
      bodyComes = true
      await this.#export(request, response, head)
    } catch (error: unknown) {
      const refusal = this.#toRefusal(error)
      // Nobody is there to be told, or it has been told that its request cannot be read.
      if (!request.socket.writable) return
      this.#report(request, refusal)
      if (bodyComes) await discardRest(request)
      this.#endConnectionAtStop(response)
      answerRefusal(response, { refusal, encoding: encodingOf(request), request })
    }
  }

  refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const refusal = new Refusal(417, {
      reason: 'not-otlp',
      code: STATUS_CODES.unimplemented,
      message: 'the only expectation that can be met is 100-continue',
    })
    this.#report(request, refusal)
    answerRefusal(response, { refusal, encoding: encodingOf(request), request })
  }

  async #export(
    request: IncomingMessage,
    response: ServerResponse,
    { encoding, gzip, source }: OtlpHead,
  ): Promise<void> {
    const { body, held } = await this.#readBody(request)
    let answer: IngestAnswer
    try {
      const from = source === undefined ? {} : { source }
      answer = await this.#options.ingest({ body, encoding, gzip, ...from })
    } finally {
      held.release()
    }
    switch (answer.kind) {
      case 'stored':
        this.#endConnectionAtStop(response)
        answerStored(response, { ...answer, encoding })
        return
      case 'malformed':
        throw malformed(answer.message)
      case 'too-large':
        throw tooLarge(this.#options.queue.bodyBytesMax)
      case 'busy':
      case 'unavailable':
        throw later(answer.kind, answer)
      default:
        answer satisfies never
    }
  }

  async #readBody(request: IncomingMessage): Promise<WholeBody> {
    const { queue } = this.#options
    const result = await readBody(request, queue)
    const retryAfterMs = queue.retryAfterMs()
    switch (result.kind) {
      case 'read':
        return result
      case 'too-large':
        throw tooLarge(queue.bodyBytesMax)
      case 'busy':
        throw later('busy', { message: TOO_MUCH_ARRIVES, retryAfterMs })
      case 'slow':
        throw later('slow', { message: TOO_SLOW, retryAfterMs })
      case 'aborted':
        throw malformed('the body ended early')
      default:
        return result satisfies never
    }
  }

  #report({ socket }: IncomingMessage, { reason }: Refusal): void {
    this.#options.onRefused({ reason, remoteAddress: socket.remoteAddress })
  }

  /** A sender that kept its connection would hold up the end of the process. */
  #endConnectionAtStop(response: ServerResponse): void {
    if (!this.#server.listening) response.setHeader('connection', 'close')
  }

  #toRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    // A defect of ours must not make senders throw their spans away: anything but 503 would.
    const why = messageOf(error)
    this.#options.log(`ingest failed: ${why}`, 'error')
    const retryAfterMs = this.#options.queue.retryAfterMs()
    return later('unavailable', { message: PROBLEM_OF_OURS, retryAfterMs })
  }
}
