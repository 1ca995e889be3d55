import type { Socket } from 'node:net'
import { subscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'

/** A connection that was kept from an earlier request, and carries this one. */
export interface Carrier {
  /** Whether nothing has come for this request, and it went out a moment ago. */
  isStale(): boolean
}

/** Published synchronously between a request's start and its first byte. */
const CHANNEL = 'undici:client:sendHeaders'

/** A reset of a connection that was closed already takes a round trip; later, somebody worked. */
const STALE_WITHIN_MS = 1000

const used = new WeakSet<Socket>()
let waiting: ((carrier: Carrier) => void) | undefined

/**
 * Tells `found` of the connection of the request that starts now, if it is a kept one. Its server
 * may close it in the moment in which it is used again (RFC 9112 9.3.1 and 9.4), and undici tells
 * such a request from one that broke on a fresh connection by nothing else.
 */
export function watchSocket(found: (carrier: Carrier) => void): void {
  waiting = found
}

subscribe(CHANNEL, (message) => {
  const found = waiting
  waiting = undefined
  const socket = socketOf(message)
  if (found === undefined || socket === undefined) return
  const isReused = used.has(socket)
  used.add(socket)
  if (!isReused) return
  const bytesBefore = socket.bytesRead
  const sentMs = performance.now()
  found({
    isStale: () => socket.bytesRead === bytesBefore && performance.now() - sentMs < STALE_WITHIN_MS,
  })
})

function socketOf(message: unknown): Socket | undefined {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return undefined
  const { socket } = message
  return isSocket(socket) ? socket : undefined
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'bytesRead' in value
}
