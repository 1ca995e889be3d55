import type { Exchange } from './exchange.ts'

/** A client that stopped sending has its answer, or is gone. */
const SILENCE_MS = 1000

/**
 * Takes the rest of a body that is refused, and throws it away: a connection that is closed while
 * its client still sends is reset, and the client reads that in place of the answer (RFC 9112 9.6).
 * How long the rest may take is the listener's limit for a whole request.
 */
export function readRest({ request, reply }: Exchange): void {
  reply.removeHeader('connection')
  request.raw.resume()
  reply.raw.once('finish', () => request.raw.socket.setTimeout(SILENCE_MS))
}
