import type { IncomingMessage } from 'node:http'

export type ReadResult =
  | { readonly kind: 'read'; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'aborted' }

export interface ReadLimits {
  readonly bytesMax: number
  /** Reserves room for bytes that have arrived; false where there is none. */
  readonly take: (count: number) => boolean
  /** Gives back what was reserved for a body that is not delivered. */
  readonly release: (count: number) => void
}

/** Reads a body within its limits into memory of its own, so that it can be handed to a thread. */
export async function readBody(request: IncomingMessage, limits: ReadLimits): Promise<ReadResult> {
  const chunks: Buffer[] = []
  let length = 0
  const refuse = (kind: 'too-large' | 'busy' | 'aborted'): ReadResult => {
    limits.release(length)
    return { kind }
  }
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue
      if (length + chunk.length > limits.bytesMax) return refuse('too-large')
      if (!limits.take(chunk.length)) return refuse('busy')
      chunks.push(chunk)
      length += chunk.length
    }
  } catch {
    // The sender went away in the middle; whether it hears the answer is its affair.
    return refuse('aborted')
  }
  const body = new Uint8Array(length)
  let position = 0
  for (const chunk of chunks) {
    body.set(chunk, position)
    position += chunk.length
  }
  return { kind: 'read', body }
}

/** A sender that is still writing does not read; closing on it would lose the answer. */
const DISCARD_MS = 2000

/** Lets a sender finish what will not be used, for a while. */
export async function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DISCARD_MS)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    request.once('end', done).once('close', done).once('error', done)
    request.resume()
  })
}
