import {
  Metadata,
  ServerInterceptingCall,
  status,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js'

import { encodeStatus } from './otlp-response.ts'
import type { ReceiverOptions, RefusalReason } from './receiver.ts'
import { HOST_NOT_SERVED, TOKEN_NOT_KNOWN_YET, TOO_MUCH_ARRIVES, toSeconds } from './refusal.ts'

type GateOptions = Pick<ReceiverOptions, 'admitsHost' | 'authorise' | 'onRefused' | 'queue'>

export interface GrpcRefusal {
  readonly reason: RefusalReason
  readonly code: status
  readonly details: string
  /** Told as `RetryInfo`. */
  readonly retryAfterMs?: number
}

/**
 * Calls of all connections that are under way. The library keeps what arrived of each, so that this
 * bounds its memory; exporters have one or two calls each.
 */
const CALLS_MAX = 256
/** Until a message is there: as long as over HTTP. */
const RECEIVE_MS_MAX = 60_000
const LATE = 'the message did not arrive in time; come again'

/** As the library wants it; `google.rpc.Status` goes along where there is more to say. */
export function toStatusObject({ code, details, retryAfterMs }: GrpcRefusal) {
  const metadata = new Metadata()
  if (retryAfterMs !== undefined) {
    const retryAfterS = toSeconds(retryAfterMs)
    const value = encodeStatus('protobuf', { code, message: details, retryAfterS })
    metadata.set('grpc-status-details-bin', value)
  }
  return { code, details, metadata }
}

/** Not RESOURCE_EXHAUSTED: that one is for good, unless a sender reads `RetryInfo`. */
export function unavailable(
  reason: RefusalReason,
  { message, retryAfterMs }: { readonly message: string; readonly retryAfterMs: number },
): GrpcRefusal {
  return { reason, code: status.UNAVAILABLE, details: message, retryAfterMs }
}

/**
 * Decides on a call by its head, before a byte of its message is kept: who may not send costs no
 * memory, and who holds a message back is cut off.
 */
export class GrpcGate {
  readonly #options: GateOptions
  readonly #sources = new WeakMap<Metadata, string>()
  #calls = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** The source that the token of an admitted call names. */
  sourceOf(metadata: Metadata): string | undefined {
    return this.#sources.get(metadata)
  }

  readonly intercept: ServerInterceptor = (_method, call) => {
    let admitted = false
    let waiting: NodeJS.Timeout | undefined
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, goOn) => {
            const refusal = this.#refusalOf(call, metadata)
            if (refusal !== undefined) {
              this.#refuse(call, refusal)
              return
            }
            admitted = true
            this.#calls += 1
            waiting = setTimeout(() => {
              this.#refuse(call, this.#later('unavailable', LATE))
            }, RECEIVE_MS_MAX)
            goOn(metadata)
          },
          onReceiveMessage: (message, goOn) => {
            clearTimeout(waiting)
            goOn(message)
          },
          // Every call ends here, whether it was cancelled or answered.
          onCancel: () => {
            clearTimeout(waiting)
            if (admitted) this.#calls -= 1
            admitted = false
          },
        })
      },
    })
  }

  /** Also of what comes later: one place counts. */
  report(call: Pick<ServerInterceptingCallInterface, 'getPeer'>, reason: RefusalReason): void {
    this.#options.onRefused({ reason, remoteAddress: hostOf(call.getPeer()) })
  }

  #refuse(call: ServerInterceptingCallInterface, refusal: GrpcRefusal): void {
    this.report(call, refusal.reason)
    call.sendStatus(toStatusObject(refusal))
  }

  #later(reason: RefusalReason, message: string): GrpcRefusal {
    return unavailable(reason, { message, retryAfterMs: this.#options.queue.retryAfterMs() })
  }

  #refusalOf(call: ServerInterceptingCallInterface, metadata: Metadata): GrpcRefusal | undefined {
    const { admitsHost, authorise } = this.#options
    if (!admitsHost(call.getHost())) {
      const code = status.PERMISSION_DENIED
      return { reason: 'wrong-host', code, details: HOST_NOT_SERVED }
    }
    const authorisation = authorise(textOf(metadata, 'authorization'))
    switch (authorisation.kind) {
      case 'ok':
        if (authorisation.source !== undefined) this.#sources.set(metadata, authorisation.source)
        return this.#calls >= CALLS_MAX ? this.#later('busy', TOO_MUCH_ARRIVES) : undefined
      case 'rotating':
        return this.#later('token-rotating', TOKEN_NOT_KNOWN_YET)
      case 'missing':
      case 'wrong': {
        const details = `the bearer token is ${authorisation.kind}`
        const reason = authorisation.kind === 'missing' ? 'no-token' : 'wrong-token'
        return { reason, code: status.UNAUTHENTICATED, details }
      }
      default:
        return authorisation satisfies never
    }
  }
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key)
  return typeof value === 'string' ? value : undefined
}

/** `getPeer` appends the port; an IPv6 address keeps its own colons. */
function hostOf(peer: string): string {
  return peer.replace(/:\d{1,5}$/u, '')
}
