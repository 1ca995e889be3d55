import { constants, type ServerHttp2Stream } from 'node:http2'

import type { GrpcRefusal } from './grpc-refusal.ts'
import { encodeStatus, MESSAGE_CHARS_MAX, STATUS_CODES } from './otlp-response.ts'

const HEAD = { ':status': 200, 'content-type': 'application/grpc+proto' }

/** Answers a call with a message; nothing where nobody listens any more. */
export function answerMessage(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.closed || stream.destroyed) return
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': STATUS_CODES.ok }))
  stream.respond(HEAD, { waitForTrailers: true })
  stream.end(Buffer.concat([prefix, message]))
}

/**
 * Answers a call with an error. Where its message is still coming the rest of it is refused, with
 * NO_ERROR (RFC 9113, section 8.1): the sender stops, and takes the answer for what it says.
 */
export function answerGrpcRefusal(stream: ServerHttp2Stream, refusal: GrpcRefusal): void {
  if (stream.closed || stream.destroyed) return
  const { code, message, retryAfterS, headers = {} } = refusal
  const details =
    retryAfterS === undefined
      ? {}
      : { 'grpc-status-details-bin': toBase64({ code, message, retryAfterS }) }
  stream.respond(
    {
      ...HEAD,
      'grpc-status': code,
      'grpc-message': percentEncode(message.slice(0, MESSAGE_CHARS_MAX)),
      ...details,
      ...headers,
    },
    { endStream: true },
  )
  refuseRest(stream)
}

/** For whoever does not speak gRPC. */
export function answerByHttp(stream: ServerHttp2Stream, httpStatus: 405 | 415): void {
  if (stream.closed || stream.destroyed) return
  const headers = httpStatus === 405 ? { allow: 'POST' } : {}
  stream.respond({ ':status': httpStatus, ...headers }, { endStream: true })
  refuseRest(stream)
}

function refuseRest(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return
  // Dropped as it comes, or what was sent before the reset would hold up its end.
  stream.resume()
  stream.close(constants.NGHTTP2_NO_ERROR)
}

/** Of a `-bin` header, whose padding is left away (gRPC over HTTP2, "Custom-Metadata"). */
function toBase64(status: Parameters<typeof encodeStatus>[1]): string {
  return encodeStatus('protobuf', status).toString('base64').replace(/=+$/u, '')
}

/** `Percent-Encoded` of the protocol: all but printable ASCII, and the sign itself. */
function percentEncode(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x7e]+/gu, (part) =>
    Buffer.from(part).toString('hex').replaceAll(/../gu, '%$&').toUpperCase(),
  )
}
