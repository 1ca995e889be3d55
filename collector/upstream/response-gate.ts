import type { ProviderError } from '../protocol/event.ts'
import { isObject, own, parseJsonBytes } from '../protocol/json.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { Failure } from './failure.ts'
import type { ResponseHead, TransportError, UpstreamListener } from './send.ts'
import { readErrorObject, readErrorText } from '../protocol/read-error.ts'
import { badResponse, classifyResponse, ERROR_BODY_BYTES_MAX } from './classify-failure.ts'
import { scrubKey } from './scrub-key.ts'

/** What the gate lets through: an answer's body, or why there is none. */
export interface GatedListener {
  connected(): void
  /** Status 200 and the content type that was asked for; `data` follows. */
  opened(head: ResponseHead): void
  data(chunk: Uint8Array): void
  /** HTTP ended cleanly. */
  ended(): void
  broken(error: TransportError): void
  /** The target answered, and not with an answer. Nothing follows. */
  refused(failure: Failure, head: ResponseHead): void
}

export interface GateOptions {
  readonly protocol: Protocol
  readonly stream: boolean
  readonly wallNow: () => number
  readonly setTimer: (ms: number, onTime: () => void) => () => void
  /** Never repeated to a client, even where the target's own error does. */
  readonly apiKey: string | undefined
}

export interface ResponseGate extends UpstreamListener {
  /** Nobody waits for it any more. */
  close(): void
}

/**
 * An error's body comes with its head; what hangs is an error with that status all the same, and
 * must not be waited for until it is told as a time-out.
 */
const ERROR_BODY_MS = 5000

/**
 * Stands between the transport and whoever reads the answer: an error status, a redirect, a page of
 * HTML or a compressed body with status 200 become a failure here, with as much of the body as
 * tells why.
 */
export function createResponseGate(listener: GatedListener, options: GateOptions): ResponseGate {
  return new Gate(listener, options)
}

class Gate implements ResponseGate {
  readonly #listener: GatedListener
  readonly #options: GateOptions
  /** Set where the body is read for its error only. */
  #refusal: { readonly head: ResponseHead; readonly problem: string | undefined } | undefined
  #body: Uint8Array[] = []
  #bodyBytes = 0
  #over = false
  #cancelTimer: (() => void) | undefined

  constructor(listener: GatedListener, options: GateOptions) {
    this.#listener = listener
    this.#options = options
  }

  connected(): void {
    this.#listener.connected()
  }

  head(head: ResponseHead): void {
    const problem = head.statusCode === 200 ? this.#problemOf(head) : undefined
    if (head.statusCode === 200 && problem === undefined) {
      this.#listener.opened(head)
      return
    }
    this.#refusal = { head, problem }
    this.#cancelTimer = this.#options.setTimer(ERROR_BODY_MS, () => this.#refuse())
  }

  data(chunk: Uint8Array): void {
    if (this.#refusal === undefined) {
      this.#listener.data(chunk)
      return
    }
    if (this.#over) return
    this.#body.push(chunk.subarray(0, ERROR_BODY_BYTES_MAX - this.#bodyBytes))
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes >= ERROR_BODY_BYTES_MAX) this.#refuse()
  }

  end(): void {
    if (this.#refusal === undefined) this.#listener.ended()
    else this.#refuse()
  }

  /** An error body that is cut is still an error with that status. */
  failed(error: TransportError): void {
    if (this.#refusal === undefined) this.#listener.broken(error)
    else this.#refuse()
  }

  close(): void {
    this.#over = true
    this.#cancelTimer?.()
  }

  #refuse(): void {
    if (this.#over || this.#refusal === undefined) return
    this.close()
    const { head, problem } = this.#refusal
    const failure = problem === undefined ? this.#refusalOf(head) : this.#noAnswer(head, problem)
    this.#listener.refused(failure, head)
  }

  #refusalOf(head: ResponseHead): Failure {
    const error = scrubKey(this.#readError(head), this.#options.apiKey)
    return classifyResponse(head, error, this.#options.wallNow())
  }

  #noAnswer(head: ResponseHead, problem: string): Failure {
    const isReadable = encodingOf(head) === undefined
    const said = isReadable ? readErrorInside(mediaType(head), this.#body) : undefined
    if (said === undefined) return badResponse(problem, 'before_content', head)
    const error = scrubKey(said, this.#options.apiKey)
    return { ...badResponse(`${problem}: ${error.message}`, 'before_content', head), error }
  }

  #readError(head: ResponseHead): ProviderError {
    const encoding = encodingOf(head)
    if (encoding !== undefined) {
      return {
        message: `HTTP ${head.statusCode} with a body in ${encoding}, which was not asked for`,
      }
    }
    if (head.statusCode >= 300 && head.statusCode < 400) {
      return { message: `HTTP ${head.statusCode}: a redirect, which is not followed` }
    }
    return this.#options.protocol.decodeError(head.statusCode, Buffer.concat(this.#body))
  }

  /** Why a 200 cannot be the answer. The body's compression hides truncation, so it is refused. */
  #problemOf(head: ResponseHead): string | undefined {
    const encoding = encodingOf(head)
    if (encoding !== undefined) return `content-encoding is ${encoding}, identity was asked for`
    const type = mediaType(head)
    const wanted = this.#options.stream ? 'text/event-stream' : 'application/json'
    // Servers that name no type are taken at their word; what they send is judged as it comes.
    if (type === undefined || type === wanted) return undefined
    return `content-type is ${type}, ${wanted} was asked for`
  }
}

/**
 * What a body with status 200 says of an error: the words of a page, or an error object. Anything
 * else is an answer, or a part of one, and no error is to be read into it.
 */
function readErrorInside(
  type: string | undefined,
  body: readonly Uint8Array[],
): ProviderError | undefined {
  const bytes = Buffer.concat(body)
  if (type === 'text/html') return readErrorText(bytes.toString('utf8'))
  const json = parseJsonBytes(bytes)
  if (json.kind === 'invalid' || !isObject(json.value)) return undefined
  return own(json.value, 'error') ? readErrorObject(json.value) : undefined
}

function encodingOf(head: ResponseHead): string | undefined {
  const encoding = head.headers['content-encoding']?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined
  return encoding.slice(0, 64)
}

function mediaType(head: ResponseHead): string | undefined {
  const type = head.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  return type === undefined || type === '' ? undefined : type.slice(0, 128)
}
