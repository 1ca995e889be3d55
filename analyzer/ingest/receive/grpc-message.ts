import { BodyBuffer } from './body-buffer.ts'
import { notOtlp, type GrpcRefusal } from './grpc-refusal.ts'
import { STATUS_CODES } from './otlp-response.ts'
import { describeTooLarge } from './refusal.ts'

/** One byte that says whether it is compressed, and four of length, before every message. */
const PREFIX_BYTES = 5

export interface MessageOptions {
  readonly bodyBytesMax: number
  /** What `grpc-encoding` says. */
  readonly encoding: string
}

export interface GrpcMessage {
  readonly body: Uint8Array<ArrayBuffer>
  readonly gzip: boolean
}

interface Incoming {
  readonly length: number
  readonly gzip: boolean
  readonly body: BodyBuffer
}

/** Reads the one message of a call as it arrives; whoever calls counts its bytes. */
export class MessageReader {
  readonly #options: MessageOptions
  readonly #prefix = new BodyBuffer(PREFIX_BYTES)
  #message: Incoming | undefined

  constructor(options: MessageOptions) {
    this.#options = options
  }

  /** What is wrong with the call is known as soon as it has come. */
  write(chunk: Uint8Array): GrpcRefusal | undefined {
    const missing = PREFIX_BYTES - this.#prefix.length
    if (missing > 0) this.#prefix.append(chunk.subarray(0, missing))
    if (this.#prefix.length < PREFIX_BYTES) return undefined
    const message = this.#message ?? this.#begin()
    if ('code' in message) return message
    this.#message = message
    const rest = chunk.subarray(missing)
    if (message.body.length + rest.length > message.length) {
      return notOtlp('a call of Export has one message')
    }
    message.body.append(rest)
    return undefined
  }

  /** After the last byte. */
  finish(): GrpcMessage | GrpcRefusal {
    const message = this.#message
    if (message === undefined || message.body.length < message.length) {
      return notOtlp('the message ended early', STATUS_CODES.internal)
    }
    return { body: message.body.finish(), gzip: message.gzip }
  }

  #begin(): Incoming | GrpcRefusal {
    const prefix = Buffer.from(this.#prefix.finish())
    const flag = prefix.readUInt8(0)
    const length = prefix.readUInt32BE(1)
    const { bodyBytesMax } = this.#options
    const refusal = flag === 0 ? undefined : this.#refusalOfFlag(flag)
    if (refusal !== undefined) return refusal
    if (length > bodyBytesMax) {
      // Without `RetryInfo`, which makes it final.
      const code = STATUS_CODES.resourceExhausted
      return { reason: 'too-large', code, message: describeTooLarge(bodyBytesMax) }
    }
    return { length, gzip: flag === 1, body: new BodyBuffer(length) }
  }

  #refusalOfFlag(flag: number): GrpcRefusal | undefined {
    const { encoding } = this.#options
    if (flag !== 1 || encoding === 'identity') {
      return notOtlp('the message is compressed by nobody knows what', STATUS_CODES.internal)
    }
    if (encoding === 'gzip') return undefined
    return {
      ...notOtlp('the compression must be gzip or none'),
      headers: { 'grpc-accept-encoding': 'identity,gzip' },
    }
  }
}
