import type { ServerHttp2Stream } from 'node:http2'

import type { GrpcHead } from './grpc-head.ts'
import { MessageReader, type GrpcMessage } from './grpc-message.ts'
import { unavailable, type GrpcRefusal } from './grpc-refusal.ts'
import { STATUS_CODES } from './otlp-response.ts'
import type { BodyQueue, HeldBody } from './receiver.ts'
import { TOO_MUCH_ARRIVES, TOO_SLOW } from './refusal.ts'

/** Until a message is there: as long as over HTTP. */
const RECEIVE_MS_MAX = 60_000

export type ReadMessage =
  /** Its room is held until it is released. */
  | { readonly kind: 'read'; readonly message: GrpcMessage; readonly held: HeldBody }
  | { readonly kind: 'refused'; readonly refusal: GrpcRefusal }
  | { readonly kind: 'gone' }

export interface ReadOptions {
  readonly head: GrpcHead
  readonly queue: BodyQueue
}

/** Reads the message of a call within its limits of bytes and of time. */
export function readMessage(
  stream: ServerHttp2Stream,
  { head, queue }: ReadOptions,
): Promise<ReadMessage> {
  const { bodyBytesMax } = queue
  const { encoding, timeoutMs = Infinity } = head
  const reader = new MessageReader({ bodyBytesMax, encoding })
  const later = (reason: 'slow' | 'busy', message: string): GrpcRefusal =>
    unavailable(reason, { message, retryAfterMs: queue.retryAfterMs() })
  return new Promise((resolve) => {
    const held = queue.begin(() => refuse(later('slow', TOO_SLOW)))
    if (held === undefined) {
      resolve({ kind: 'refused', refusal: later('busy', TOO_MUCH_ARRIVES) })
      return
    }
    const timer = setTimeout(
      () => refuse(timeoutMs < RECEIVE_MS_MAX ? DEADLINE : later('slow', TOO_SLOW)),
      Math.min(timeoutMs, RECEIVE_MS_MAX),
    )
    const finish = (result: ReadMessage): void => {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('close', onGone)
      if (result.kind !== 'read') held.release()
      resolve(result)
    }
    const refuse = (refusal: GrpcRefusal): void => finish({ kind: 'refused', refusal })
    const onGone = (): void => finish({ kind: 'gone' })
    const onData = (chunk: Buffer): void => {
      if (!held.take(chunk.length)) {
        refuse(later('busy', TOO_MUCH_ARRIVES))
        return
      }
      const refusal = reader.write(chunk)
      if (refusal !== undefined) refuse(refusal)
    }
    const onEnd = (): void => {
      const message = reader.finish()
      if ('code' in message) {
        // Node's client ends a call that it cancels, then cancels it: that is nobody's failure.
        setImmediate(() => (stream.closed ? onGone() : refuse(message)))
        return
      }
      held.arrived()
      finish({ kind: 'read', message, held })
    }
    stream.on('data', onData).once('end', onEnd).once('close', onGone)
  })
}

const DEADLINE: GrpcRefusal = {
  reason: 'slow',
  code: STATUS_CODES.deadlineExceeded,
  message: 'the deadline was over before the message was there',
}
