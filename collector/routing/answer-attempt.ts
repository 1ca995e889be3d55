import type { DecodedAnswer, EncodedAnswer } from '../protocol/protocol.ts'
import type { GatedListener } from '../upstream/response-gate.ts'
import type { Exchange, ResponseHead, TransportError } from '../upstream/send.ts'
import type { Failure } from '../upstream/failure.ts'
import type { Phase } from '../vocabulary.ts'
import type { AttemptFacts, AttemptInput, AttemptOutcome, AttemptResult } from './attempt.ts'
import {
  badResponse,
  classifyTransport,
  errorEvent,
  missingTerminal,
  timedOut,
} from '../upstream/classify-failure.ts'
import { createResponseGate, type ResponseGate } from '../upstream/response-gate.ts'
import { scrubKey } from '../upstream/scrub-key.ts'
import { createFacts, NOTHING_DELIVERED } from './attempt.ts'
import { Watchdog } from './watchdog.ts'

export interface AnswerAttemptInput extends AttemptInput {
  /** Says the target's answer in the client's protocol. */
  readonly encode: (answer: DecodedAnswer, body: Uint8Array) => EncodedAnswer
}

/** Runs one attempt whose answer comes in one piece, and reads it to its end. */
export function runAnswerAttempt(input: AnswerAttemptInput): Promise<AttemptOutcome> {
  return new Promise((resolve) => {
    new AnswerAttempt(input, resolve).start()
  })
}

class AnswerAttempt implements GatedListener {
  readonly #input: AnswerAttemptInput
  readonly #resolve: (outcome: AttemptOutcome) => void
  readonly #watchdog: Watchdog
  readonly #facts: AttemptFacts = createFacts()
  #gate: ResponseGate | undefined
  #exchange: Exchange | undefined
  #settled = false
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(input: AnswerAttemptInput, resolve: (outcome: AttemptOutcome) => void) {
    this.#input = input
    this.#resolve = resolve
    this.#watchdog = new Watchdog(input.clock, input.limits, (reason, limitMs) =>
      this.#fail(timedOut(reason, this.#phase(), limitMs)),
    )
  }

  start(): void {
    const input = this.#input
    input.cancellation.listen((cause) => this.#settle({ kind: 'cancelled', cause }))
    this.#gate = createResponseGate(this, {
      protocol: input.targetProtocol,
      stream: false,
      wallNow: () => input.clock.wallNow(),
      setTimer: (ms, onTime) => input.clock.setTimer(ms, onTime),
      apiKey: input.apiKey,
    })
    this.#exchange = input.upstream.send(input.call, this.#gate)
    if (this.#settled) this.#exchange.abort()
  }

  connected(): void {
    this.#watchdog.connected()
  }

  opened(head: ResponseHead): void {
    this.#facts.head = head
  }

  data(chunk: Uint8Array): void {
    if (this.#settled) return
    this.#bytes += chunk.length
    const bytesMax = this.#input.config.limits.answerBytesMax
    if (this.#bytes > bytesMax) {
      this.#fail(
        badResponse(`an answer of over ${bytesMax} bytes`, this.#phase(), this.#facts.head),
      )
      return
    }
    this.#parts.push(chunk)
  }

  ended(): void {
    if (this.#settled) return
    const [only] = this.#parts
    const body = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts)
    const result = this.#input.targetProtocol.decodeAnswer(body)
    switch (result.kind) {
      case 'answer':
        this.#note(result.answer)
        this.#answer(result.answer, body)
        return
      case 'error':
        this.#fail(errorEvent(scrubKey(result.error, this.#input.apiKey), this.#phase()))
        return
      case 'unfinished':
        this.#fail(missingTerminal(this.#phase()))
        return
      case 'malformed':
        this.#fail(badResponse(result.detail, this.#phase(), this.#facts.head))
        return
      default:
        result satisfies never
    }
  }

  broken(error: TransportError): void {
    this.#fail(classifyTransport(error, this.#phase()))
  }

  refused(failure: Failure, head: ResponseHead): void {
    this.#facts.head = head
    this.#fail(failure)
  }

  #answer(answer: DecodedAnswer, body: Uint8Array): void {
    const encoded = this.#input.encode(answer, body)
    if (encoded.kind === 'encoded') {
      this.#settle({ kind: 'complete', closingFrameAdded: false, body: encoded.bytes })
    } else {
      const detail = `the answer cannot be said in the client's protocol: ${encoded.detail}`
      this.#fail(badResponse(detail, this.#phase(), this.#facts.head))
    }
  }

  #note(answer: DecodedAnswer): void {
    const facts = this.#facts
    facts.responseId = answer.id
    facts.responseModel = answer.model
    facts.receivedTerminal = true
    facts.finishReason = answer.stop.native
    if (answer.usage !== undefined) facts.usage = answer.usage
  }

  #fail(failure: Failure): void {
    this.#settle({ kind: 'failed', failure })
  }

  #settle(result: AttemptResult): void {
    if (this.#settled) return
    this.#settled = true
    this.#gate?.close()
    this.#watchdog.stop()
    this.#input.cancellation.listen(undefined)
    this.#parts = []
    if (result.kind !== 'complete') this.#exchange?.abort()
    this.#resolve({ result, facts: this.#facts, delivered: NOTHING_DELIVERED })
  }

  #phase(): Phase {
    return this.#facts.head === undefined ? 'before_headers' : 'before_content'
  }
}
