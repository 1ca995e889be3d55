import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/**
 * How many bytes of each answer the router has read: undici says so on its diagnostics channel. A
 * reset may overtake bytes that are still on their way, and time may only be moved on once they
 * have arrived: what a cell shows must not depend on the machine that it runs on.
 */
export interface Receipts {
  /** Resolves once so many bytes came in answers to requests of this path. */
  waitFor(path: string, bytes: number): Promise<void>
  close(): void
}

interface ReceivedChunk {
  readonly request: { readonly path: string }
  readonly chunk: Uint8Array
}

const CHANNEL = 'undici:request:bodyChunkReceived'

export function createReceipts(): Receipts {
  const received = new Map<string, number>()
  const waiting = new Map<string, () => void>()
  const note = (message: unknown): void => {
    const { request, chunk } = message as ReceivedChunk
    received.set(request.path, (received.get(request.path) ?? 0) + chunk.length)
    waiting.get(request.path)?.()
  }
  subscribe(CHANNEL, note)
  return {
    async waitFor(path, bytes) {
      while ((received.get(path) ?? 0) < bytes) {
        // oxlint-disable-next-line no-await-in-loop -- one wait per chunk that comes
        await new Promise<void>((resolve) => waiting.set(path, resolve))
      }
    },
    close: () => void unsubscribe(CHANNEL, note),
  }
}
