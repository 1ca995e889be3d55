import type { IncomingMessage } from 'node:http'

import { BodyBuffer } from './body-buffer.ts'
import type { BodyQueue, HeldBody } from './receiver.ts'

export type ReadResult =
  /** Its room is held until it is released. */
  | { readonly kind: 'read'; readonly body: Uint8Array<ArrayBuffer>; readonly held: HeldBody }
  | { readonly kind: 'too-large' | 'busy' | 'slow' | 'aborted' }

/** Reads a body within its limits into memory of its own, so that it can be handed to a thread. */
export function readBody(request: IncomingMessage, queue: BodyQueue): Promise<ReadResult> {
  const { bodyBytesMax } = queue
  return new Promise((resolve) => {
    const held = queue.begin(() => finish({ kind: 'slow' }))
    const body = new BodyBuffer(announcedLength(request) ?? bodyBytesMax)
    const finish = (result: ReadResult): void => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
      // What still comes is no business of this body any more; an error of it is none of anybody's.
      request.pause().on('error', () => undefined)
      if (result.kind !== 'read') {
        held?.release()
        body.drop()
      }
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      if (held === undefined) return
      if (body.length + chunk.length > bodyBytesMax) finish({ kind: 'too-large' })
      // Counted as it arrives: a length that a sender announces is only a claim.
      else if (held.take(chunk.length)) body.append(chunk)
      else finish({ kind: 'busy' })
    }
    const onEnd = (): void => {
      if (held === undefined) return
      held.arrived()
      finish({ kind: 'read', body: body.finish(), held })
    }
    // The sender went away in the middle; whether it hears the answer is its affair.
    const onGone = (): void => finish({ kind: 'aborted' })
    if (held === undefined) {
      resolve({ kind: 'busy' })
      return
    }
    request.on('data', onData).once('end', onEnd).once('close', onGone).once('error', onGone)
  })
}

/** Node's parser lets no more through than was announced. */
function announcedLength(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length']
  return length === undefined ? undefined : Number(length)
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
