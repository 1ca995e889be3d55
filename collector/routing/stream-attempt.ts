import type { ClientStream } from '../continuation/client-stream.ts'
import type { DecodedFrame, StreamEvent } from '../protocol/event.ts'
import type { StreamDecoder } from '../protocol/protocol.ts'
import type { GatedListener } from '../upstream/response-gate.ts'
import type { Exchange, ResponseHead, TransportError } from '../upstream/send.ts'
import type { Failure } from '../upstream/failure.ts'
import type { Phase } from '../vocabulary.ts'
import type { AttemptFacts, AttemptInput, AttemptOutcome, AttemptResult } from './attempt.ts'
import type { ClientResponse } from './client-response.ts'
import { contentKind } from '../protocol/event.ts'
import {
  badResponse,
  classifyTransport,
  errorEvent,
  malformedFrame,
  missingTerminal,
  timedOut,
} from '../upstream/classify-failure.ts'
import { createResponseGate, type ResponseGate } from '../upstream/response-gate.ts'
import { scrubKey } from '../upstream/scrub-key.ts'
import { createFacts } from './attempt.ts'
import { Watchdog } from './watchdog.ts'

export interface StreamAttemptInput extends AttemptInput {
  readonly clientStream: ClientStream
  readonly response: ClientResponse
  /** `n` of the request: a Chat stream is complete when every choice is. */
  readonly choices: number
  /** The first bytes of this attempt went to the client. */
  readonly onDelivery: () => void
}

/** Usage and the closing frame follow a terminal at once; what hangs longer will not come. */
const AFTER_TERMINAL_MS = 2000

/**
 * Runs one streaming attempt until its terminal, its failure or its cancellation. Everything that
 * happens is an event of the socket or of a timer; the first verdict stays.
 */
export function runStreamAttempt(input: StreamAttemptInput): Promise<AttemptOutcome> {
  return new Promise((resolve) => {
    new StreamAttempt(input, resolve).start()
  })
}

class StreamAttempt implements GatedListener {
  readonly #input: StreamAttemptInput
  readonly #resolve: (outcome: AttemptOutcome) => void
  readonly #watchdog: Watchdog
  readonly #decoder: StreamDecoder
  readonly #facts: AttemptFacts = createFacts()
  #gate: ResponseGate | undefined
  #exchange: Exchange | undefined
  #settled = false
  #hasContent = false
  #hasDelivered = false
  #lastDataMs = 0
  #cancelHold: (() => void) | undefined
  #cancelAfterTerminal: (() => void) | undefined
  /** The transport has said its last word. */
  #isOver = false
  #cancelDrain: (() => void) | undefined

  constructor(input: StreamAttemptInput, resolve: (outcome: AttemptOutcome) => void) {
    this.#input = input
    this.#resolve = resolve
    this.#decoder = input.targetProtocol.createDecoder(
      {
        lineBytesMax: input.config.limits.sseLineBytesMax,
        eventBytesMax: input.config.limits.sseEventBytesMax,
      },
      input.choices,
    )
    this.#watchdog = new Watchdog(input.clock, input.limits, (reason, limitMs) =>
      this.#fail(timedOut(reason, this.#phase(), limitMs)),
    )
  }

  start(): void {
    const input = this.#input
    input.cancellation.listen((cause) => {
      if (input.clientStream.terminal === undefined) this.#settle({ kind: 'cancelled', cause })
      else this.#completeAlone()
    })
    input.response.onPressure((isSlow) => this.#press(isSlow))
    this.#gate = createResponseGate(this, {
      protocol: input.targetProtocol,
      stream: true,
      wallNow: () => input.clock.wallNow(),
      setTimer: (ms, onTime) => input.clock.setTimer(ms, onTime),
      apiKey: input.apiKey,
    })
    this.#exchange = input.upstream.send(input.call, this.#gate)
    // The verdict may have come while it was being sent.
    if (this.#settled) this.#exchange.abort()
  }

  connected(): void {
    this.#watchdog.connected()
  }

  opened(head: ResponseHead): void {
    this.#facts.head = head
    this.#lastDataMs = this.#input.clock.now()
  }

  data(chunk: Uint8Array): void {
    if (this.#settled) return
    const nowMs = this.#input.clock.now()
    this.#noteSilence(nowMs)
    this.#watchdog.bytes(nowMs)
    this.#handle(this.#decoder.push(chunk), nowMs)
  }

  ended(): void {
    this.#isOver = true
    this.#cancelDrain?.()
    if (this.#settled) return
    this.#handle(this.#decoder.end(), this.#input.clock.now())
    if (this.#input.clientStream.terminal !== undefined) this.#complete()
    else this.#fail(missingTerminal(this.#phase()))
  }

  broken(error: TransportError): void {
    this.#isOver = true
    this.#cancelDrain?.()
    // After the terminal the answer is whole, whatever becomes of the connection (I1).
    if (this.#input.clientStream.terminal !== undefined) this.#complete()
    else this.#fail(classifyTransport(error, this.#phase()))
  }

  refused(failure: Failure, head: ResponseHead): void {
    this.#facts.head = head
    this.#fail(failure)
  }

  #handle(frames: readonly DecodedFrame[], nowMs: number): void {
    for (const frame of frames) {
      if (this.#settled) return
      this.#watchdog.event()
      const failure = this.#inspect(frame, nowMs)
      if (failure === undefined) this.#forward(frame, nowMs)
      else if (this.#input.clientStream.terminal === undefined) this.#fail(failure)
      else this.#complete()
    }
  }

  /** Notes what a frame says, and whether it says that the answer is lost. */
  #inspect(frame: DecodedFrame, nowMs: number): Failure | undefined {
    let failure: Failure | undefined
    for (const event of frame.events) {
      if (event.kind === 'error') {
        failure ??= errorEvent(scrubKey(event.error, this.#input.apiKey), this.#phase())
      } else if (event.kind === 'malformed') {
        failure ??= malformedFrame(event.detail, this.#phase())
      } else this.#note(event, nowMs)
    }
    return failure
  }

  #note(event: StreamEvent, nowMs: number): void {
    const facts = this.#facts
    const kind = contentKind(event)
    if (kind !== undefined) {
      facts.chunks += 1
      if ('text' in event) facts.contentChars += event.text.length
      else if (event.kind === 'tool-arguments') facts.contentChars += event.json.length
      this.#watchdog.content(nowMs, kind === 'tool_call')
      if (this.#hasContent) return
      this.#hasContent = true
      this.#input.recorder.firstContent(kind, facts.preludeEvents)
      return
    }
    if (event.kind === 'start') {
      facts.responseId ??= event.id
      facts.responseModel ??= event.model
    } else if (event.kind === 'usage') facts.usage = { ...facts.usage, ...event.usage }
    else if (event.kind === 'terminal') {
      facts.receivedTerminal = true
      facts.finishReason ??= event.native
    }
    if (!this.#hasContent) facts.preludeEvents += 1
  }

  #forward(frame: DecodedFrame, nowMs: number): void {
    const { clientStream } = this.#input
    const step = clientStream.accept(frame, nowMs)
    if (step.kind === 'diverged') {
      this.#fail(badResponse(step.detail, this.#phase(), this.#facts.head))
      return
    }
    if (step.kind === 'write') this.#write(step.bytes)
    this.#watchHold(nowMs)
    if (clientStream.terminal === undefined) return
    if (clientStream.closed) this.#complete()
    else this.#awaitClosing()
  }

  #write(bytes: Uint8Array): void {
    if (!this.#hasDelivered && this.#input.clientStream.attemptDelivered.chunks > 0) {
      this.#hasDelivered = true
      this.#input.onDelivery()
    }
    this.#input.response.write(bytes)
  }

  /** The seam guard holds content back for a time; then it must be decided. */
  #watchHold(nowMs: number): void {
    const untilMs = this.#input.clientStream.heldUntilMs
    if (untilMs === undefined) {
      this.#cancelHold?.()
      this.#cancelHold = undefined
      return
    }
    this.#cancelHold ??= this.#input.clock.setTimer(Math.max(1, untilMs - nowMs), () => {
      this.#cancelHold = undefined
      this.#release()
    })
  }

  #release(): void {
    if (this.#settled) return
    const nowMs = this.#input.clock.now()
    const step = this.#input.clientStream.release(nowMs)
    if (step.kind === 'write') this.#write(step.bytes)
    if (step.kind === 'diverged') {
      this.#fail(badResponse(step.detail, this.#phase(), this.#facts.head))
      return
    }
    this.#watchHold(nowMs)
  }

  #awaitClosing(): void {
    if (this.#cancelAfterTerminal !== undefined) return
    this.#watchdog.stop()
    this.#cancelAfterTerminal = this.#input.clock.setTimer(AFTER_TERMINAL_MS, () => {
      this.#complete()
    })
  }

  #complete(): void {
    if (this.#settled) return
    const finish = this.#input.clientStream.finish(this.#input.clock.now())
    this.#write(finish.bytes)
    this.#settle({ kind: 'complete', closingFrameAdded: finish.closingFrameAdded })
  }

  /** Who leaves after the terminal has the whole answer; nothing is kept open for them (I5). */
  #completeAlone(): void {
    this.#complete()
    this.#cancelDrain?.()
    this.#exchange?.abort()
  }

  #fail(failure: Failure): void {
    this.#settle({ kind: 'failed', failure })
  }

  #settle(result: AttemptResult): void {
    if (this.#settled) return
    this.#settled = true
    this.#gate?.close()
    this.#watchdog.stop()
    this.#cancelHold?.()
    this.#cancelAfterTerminal?.()
    this.#input.cancellation.listen(undefined)
    this.#input.response.onPressure(undefined)
    this.#letGo(result)
    this.#resolve({
      result,
      facts: this.#facts,
      delivered: this.#input.clientStream.attemptDelivered,
    })
  }

  /**
   * A complete answer's connection ends by itself and is used again; any other is closed, also that
   * of a target that goes on behind a stop sequence which only we could see.
   */
  #letGo(result: AttemptResult): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (result.kind !== 'complete' || !this.#facts.receivedTerminal) {
      exchange.abort()
      return
    }
    if (this.#isOver) return
    exchange.resume()
    this.#cancelDrain = this.#input.clock.setTimer(AFTER_TERMINAL_MS, () => exchange.abort())
  }

  #press(isSlow: boolean): void {
    if (isSlow) {
      this.#watchdog.pause()
      this.#exchange?.pause()
    } else {
      this.#watchdog.resume()
      this.#exchange?.resume()
    }
  }

  #noteSilence(nowMs: number): void {
    if (this.#hasContent) {
      const silenceMs = nowMs - this.#lastDataMs
      if (silenceMs > this.#facts.longestSilenceMs) this.#facts.longestSilenceMs = silenceMs
    }
    this.#lastDataMs = nowMs
  }

  #phase(): Phase {
    if (this.#facts.head === undefined) return 'before_headers'
    return this.#input.clientStream.attemptDelivered.chunks > 0 ? 'mid_stream' : 'before_content'
  }
}
