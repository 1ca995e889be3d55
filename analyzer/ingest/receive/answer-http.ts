import { STATUS_CODES as REASONS, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Encoding } from '../decode-otlp.ts'
import type { RejectCounts } from '../otlp/rejections.ts'
import { contentTypeOf, encodeExportResponse, encodeStatus } from './otlp-response.ts'
import type { Refusal } from './refusal.ts'

/**
 * Answers are not compressed, though they may be: none is as long as what gzip would add to it.
 */
export function answerStored(
  response: ServerResponse,
  answer: {
    readonly encoding: Encoding
    readonly rejected: number
    readonly reasons: RejectCounts
    readonly notes?: readonly string[]
  },
): void {
  const payload = encodeExportResponse(answer.encoding, answer)
  response.writeHead(200, {
    'content-type': contentTypeOf(answer.encoding),
    'content-length': payload.length,
  })
  response.end(payload)
}

/**
 * In JSON where the request names no encoding of OTLP's: then a person is likelier to read it than
 * a sender, and either can.
 */
export function answerRefusal(
  response: ServerResponse,
  { refusal, encoding = 'json', request }: RefusalAnswer,
): void {
  const payload = encodeStatus(encoding, refusal)
  // The rest of a body that was not waited for would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' }
  response.writeHead(refusal.status, {
    'content-type': contentTypeOf(encoding),
    'content-length': payload.length,
    ...close,
    ...refusal.headers,
  })
  response.end(payload)
}

export interface RefusalAnswer {
  readonly refusal: Refusal
  readonly encoding: Encoding | undefined
  readonly request: IncomingMessage
}

/** The last answer of a connection on which no request could be read. */
export function answerUnreadable(socket: Duplex, refusal: Refusal): void {
  const payload = encodeStatus('json', refusal)
  const headers = {
    'content-type': contentTypeOf('json'),
    'content-length': payload.length,
    connection: 'close',
    ...refusal.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const reason = REASONS[refusal.status] ?? ''
  const head = `HTTP/1.1 ${refusal.status} ${reason}\r\n${lines.join('')}\r\n`
  socket.end(Buffer.concat([Buffer.from(head), payload]))
}
