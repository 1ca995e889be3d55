import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'

import { messageOf } from '../../message-of.ts'
import type { ExportBody, IngestAnswer } from '../ingestor.ts'
import { answerByHttp, answerGrpcRefusal, answerMessage } from './grpc-answer.ts'
import { readGrpcHead, type GrpcHead } from './grpc-head.ts'
import { unavailable, type GrpcRefusal } from './grpc-refusal.ts'
import { GrpcSessions } from './grpc-sessions.ts'
import { encodeExportResponse, STATUS_CODES } from './otlp-response.ts'
import { readMessage } from './read-message.ts'
import type { ReceiverOptions } from './receiver.ts'
import { describeTooLarge, PROBLEM_OF_OURS } from './refusal.ts'

export interface OtlpGrpcServer {
  readonly server: Http2Server
  /** Takes no new call and lets running ones end, for `withinMs`. */
  readonly stop: (withinMs: number) => Promise<void>
}

/** Calls of one connection that run at once: an exporter has one or two under way. */
const CALLS_PER_CONNECTION_MAX = 100
/** Of one call; a token is the longest thing that is in them. */
const HEADER_BYTES_MAX = 16 * 1024
/** Thousands of senders, and far from a process's file descriptors. */
const CONNECTIONS_MAX = 2000

/**
 * The OTLP/gRPC receiver: unary calls over Node's HTTP/2. Owned rather than a library's, because
 * none shows the bytes of a message before all of it is in memory (decision 0010).
 */
export function createOtlpGrpcServer(options: ReceiverOptions): OtlpGrpcServer {
  const server = createServer({
    settings: {
      maxConcurrentStreams: CALLS_PER_CONNECTION_MAX,
      maxHeaderListSize: HEADER_BYTES_MAX,
    },
  })
  server.maxConnections = CONNECTIONS_MAX
  const sessions = new GrpcSessions(server)
  const receiver = new Receiver(options)
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    // Whoever cancels a call is not told why it failed.
    stream.on('error', () => undefined)
    void receiver.handle(stream, headers)
  })
  return { server, stop: (withinMs) => sessions.stop(withinMs) }
}

class Receiver {
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  async handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    // Asked now: it is not there any more when the connection is gone.
    const remoteAddress = stream.session?.socket.remoteAddress
    const answer = await this.#answer(stream, headers)
    switch (answer.kind) {
      case 'stored':
        answerMessage(stream, encodeExportResponse('protobuf', answer))
        return
      case 'not-grpc':
        this.#options.onRefused({ reason: 'not-otlp', remoteAddress })
        answerByHttp(stream, answer.httpStatus)
        return
      case 'refused':
        this.#options.onRefused({ reason: answer.refusal.reason, remoteAddress })
        answerGrpcRefusal(stream, answer.refusal)
        return
      // Cancelled by its sender: nobody listens.
      case 'gone':
        return
      default:
        answer satisfies never
    }
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Answer> {
    const { queue, ingest, log } = this.#options
    try {
      const head = readGrpcHead(headers, this.#options)
      if (head.kind !== 'call') return head
      const read = await readMessage(stream, { head, queue })
      if (read.kind !== 'read') return read
      try {
        return toAnswer(await ingest(toBody(read.message, head)), queue.bodyBytesMax)
      } finally {
        read.held.release()
      }
    } catch (error: unknown) {
      // A defect of ours must not make senders throw their spans away.
      log(`ingest failed: ${messageOf(error)}`, 'error')
      const later = { message: PROBLEM_OF_OURS, retryAfterMs: queue.retryAfterMs() }
      return { kind: 'refused', refusal: unavailable('unavailable', later) }
    }
  }
}

type Answer =
  | Extract<IngestAnswer, { kind: 'stored' }>
  | { readonly kind: 'refused'; readonly refusal: GrpcRefusal }
  | { readonly kind: 'not-grpc'; readonly httpStatus: 405 | 415 }
  | { readonly kind: 'gone' }

function toBody(
  { body, gzip }: Pick<ExportBody, 'body' | 'gzip'>,
  { source }: GrpcHead,
): ExportBody {
  return { body, encoding: 'protobuf', gzip, ...(source === undefined ? {} : { source }) }
}

function toAnswer(answer: IngestAnswer, bodyBytesMax: number): Answer {
  switch (answer.kind) {
    case 'stored':
      return answer
    case 'malformed': {
      const { message } = answer
      const code = STATUS_CODES.invalidArgument
      return { kind: 'refused', refusal: { reason: 'malformed', code, message } }
    }
    case 'too-large': {
      const message = describeTooLarge(bodyBytesMax)
      // Without `RetryInfo`, which makes it final.
      const code = STATUS_CODES.resourceExhausted
      return { kind: 'refused', refusal: { reason: 'too-large', code, message } }
    }
    case 'busy':
    case 'unavailable':
      return { kind: 'refused', refusal: unavailable(answer.kind, answer) }
    default:
      return answer satisfies never
  }
}
