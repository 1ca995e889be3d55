import type { ServerResponse } from 'node:http'
import type { ClientConnection } from '../routing/client.ts'
import type { Clock } from '../routing/clock.ts'

/**
 * Unsent bytes of one client from which its upstream is paused: some kernel buffers' worth, well
 * under the 1 MiB that a stream may hold, and enough that a healthy client never pauses anything.
 */
const PENDING_BYTES_MAX = 256 * 1024

/** A client that takes nothing for so long has left without saying so. */
const SLOW_CLIENT_MS = 60_000
/** 16 KB/s: slower than any line that answers are read over, once one has ended. */
const TAKEN_BYTES_PER_MS_MIN = 16

/** Routing's client over Node's raw response: no framework between a chunk and its socket. */
export function createHttpConnection(raw: ServerResponse, clock: Clock): ClientConnection {
  return new HttpConnection(raw, clock)
}

class HttpConnection implements ClientConnection {
  readonly #raw: ServerResponse
  readonly #clock: Clock
  #bytesWritten = 0
  #isGone = false
  #cancelSlow: (() => void) | undefined

  constructor(raw: ServerResponse, clock: Clock) {
    this.#raw = raw
    this.#clock = clock
    this.#isGone = raw.destroyed
  }

  get isGone(): boolean {
    return this.#isGone
  }

  get bytesWritten(): number {
    return this.#bytesWritten
  }

  onGone(callback: () => void): void {
    this.#raw.once('close', () => {
      this.#cancelSlow?.()
      if (this.#raw.writableEnded) return
      this.#isGone = true
      callback()
    })
    // A reset of the socket surfaces here too; the close that follows is what counts.
    this.#raw.on('error', () => {
      this.#isGone = true
    })
  }

  onDrain(callback: () => void): void {
    this.#raw.on('drain', () => {
      this.#cancelSlow?.()
      this.#cancelSlow = undefined
      callback()
    })
  }

  writeHead(statusCode: number, headers: Readonly<Record<string, string>>): void {
    if (this.#isGone || this.#raw.headersSent) return
    this.#raw.writeHead(statusCode, headers)
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isGone) return true
    this.#bytesWritten += bytes.length
    if (this.#raw.write(bytes) || this.#raw.writableLength <= PENDING_BYTES_MAX) return true
    this.#cancelSlow ??= this.#clock.setTimer(SLOW_CLIENT_MS, () => this.#raw.destroy())
    return false
  }

  end(bytes?: Uint8Array): void {
    if (this.#isGone) return
    this.#bytesWritten += bytes?.length ?? 0
    this.#raw.end(bytes)
    this.#cancelSlow?.()
    // What the system took already needs no watching.
    if (this.#raw.writableLength === 0) return
    // Node has no limit of its own: a client that never reads would hold its answer for ever.
    const takenMs = this.#raw.writableLength / TAKEN_BYTES_PER_MS_MIN
    this.#cancelSlow = this.#clock.setTimer(SLOW_CLIENT_MS + takenMs, () => this.#raw.destroy())
  }
}
