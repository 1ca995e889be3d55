import type { IncomingHttpHeaders } from 'node:http'
import type { Secret } from '../config/secret.ts'
import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether a request carries the router's key, as OpenAI's clients send it or as Anthropic's do. */
export type Authenticate = (headers: IncomingHttpHeaders) => boolean

/** Without a key everybody may come in; only a loopback bind is allowed to be without one. */
export function createAuthenticate(clientKey: Secret | undefined): Authenticate {
  if (clientKey === undefined) return () => true
  const expected = digest(clientKey.reveal())
  return (headers) => {
    const given = keyOf(headers)
    // Digests have one length, so that neither the length nor a prefix of the key shows in time.
    return given !== undefined && timingSafeEqual(digest(given), expected)
  }
}

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer
  const apiKey = headers['x-api-key']
  return typeof apiKey === 'string' ? apiKey : undefined
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
