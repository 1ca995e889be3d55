import type { DecodedFrame, StreamEvent } from '../protocol/event.ts'
import { protocolOf } from '../protocol/index.ts'
import type { ClientError, ClientRequest, EncoderContext } from '../protocol/protocol.ts'
import { unsayableStop } from '../protocol/unsayable-stop.ts'
import { usageComment } from './attempt-usage.ts'
import { AnswerWriter, HELD } from './answer-writer.ts'
import type {
  ClientStream,
  DeliveredCounts,
  FinishStep,
  Seam,
  StreamAttempt,
  StreamStep,
} from './client-stream.ts'
import { concatBytes, NO_BYTES } from './concat-bytes.ts'
import { droppedComment, seamComment } from './seam-comment.ts'
import { Splice } from './splice.ts'
import type { SpliceStep } from './splice.ts'
import { ToolArguments } from './tool-arguments.ts'

export interface ClientStreamOptions extends EncoderContext {
  /** Bounds the prelude that is held and the delivered text that is kept for a continuation. */
  readonly bufferBytesMax: number
}

export function createClientStream(options: ClientStreamOptions): ClientStream {
  return new SplicedStream(options)
}

/** More kinds of content than any answer has; what is hostile is not told at length. */
const DROPPED_TYPES_MAX = 16

class SplicedStream implements ClientStream {
  readonly #request: ClientRequest
  readonly #writer: AnswerWriter
  #attempt: StreamAttempt | undefined
  /** The target's own frames go out, until a seam. */
  #isRaw = false
  /** Set behind a seam. */
  #splice: Splice | undefined
  #seam: Seam | undefined
  /** The last attempt whose tokens the client was told of. */
  #usageToldOf = 0
  /** Types of content behind a seam that the client was told are missing. */
  readonly #dropped = new Set<string>()
  #toolArguments = new ToolArguments()

  constructor(options: ClientStreamOptions) {
    this.#request = options.request
    this.#writer = new AnswerWriter({
      createEncoder: () => protocolOf(options.request.api).createEncoder(options),
      bufferBytesMax: options.bufferBytesMax,
      // Responses repeats its request in each of the two events that open a stream.
      preludeBytesMax: options.bufferBytesMax + 2 * options.request.source.bytes.length,
    })
  }

  get committed(): boolean {
    return this.#writer.committed
  }

  get terminal(): string | undefined {
    return this.#writer.terminal
  }

  get closed(): boolean {
    return this.#writer.closed
  }

  get delivered(): ClientStream['delivered'] {
    return this.#writer.ledger.total
  }

  get attemptDelivered(): DeliveredCounts {
    return this.#writer.ledger.attempt
  }

  get seam(): Seam | undefined {
    return this.#seam
  }

  get heldUntilMs(): number | undefined {
    return this.#splice?.heldUntilMs
  }

  get model(): string | undefined {
    return this.#writer.model
  }

  get envelopes(): number {
    return this.#writer.committed ? 1 : 0
  }

  startAttempt(attempt: StreamAttempt): void {
    this.#attempt = attempt
    this.#seam = undefined
    this.#toolArguments = new ToolArguments()
    const isBehindSeam = this.#writer.committed
    this.#isRaw = !isBehindSeam && attempt.targetApi === this.#request.api
    this.#writer.startAttempt(attempt.model)
    if (!isBehindSeam) return
    this.#splice = new Splice({
      ...attempt,
      delivered: this.#writer.ledger.total.text,
      stopSequences: this.#request.features.stopSequences,
    })
  }

  accept(frame: DecodedFrame, nowMs: number): StreamStep {
    if (this.#writer.isOver) return HELD
    if (this.#writer.terminal !== undefined) return this.#writer.passEpilogue(frame, this.#isRaw)
    return this.#isRaw ? this.#writer.pass(frame) : this.#acceptEvents(frame.events, nowMs)
  }

  release(nowMs: number): StreamStep {
    if (this.#splice === undefined || this.#writer.isOver) return HELD
    const bytes: Uint8Array[] = []
    return this.#say(this.#splice.release(nowMs), bytes) ?? this.#writer.write(concatBytes(bytes))
  }

  finish(): FinishStep {
    const bytes = this.#writer.close()
    return { bytes: bytes ?? NO_BYTES, closingFrameAdded: bytes !== undefined }
  }

  fail(error: ClientError): Uint8Array {
    return this.#writer.fail(error)
  }

  comment(text: string): Uint8Array {
    return this.#writer.comment(text)
  }

  #acceptEvents(events: readonly StreamEvent[], nowMs: number): StreamStep {
    // Looked for first: what a frame says before its end must not be counted and then not written.
    const unsayable = this.#unsayable(events) ?? this.#writer.exceeds(events)
    if (unsayable !== undefined) return { kind: 'diverged', detail: unsayable }
    const bytes: Uint8Array[] = []
    for (const event of events) {
      if (this.#writer.closed) break
      const { problem } = this.#writer
      if (problem !== undefined) return { kind: 'diverged', detail: problem }
      if (this.#splice === undefined) this.#writer.say(event, bytes)
      else if (event.kind === 'other') this.#tellDropped(event.type, bytes)
      else {
        const diverged = this.#say(this.#splice.push(event, nowMs), bytes)
        if (diverged !== undefined) return diverged
      }
    }
    return this.#writer.write(concatBytes(bytes))
  }

  /** The seam comes before everything that is said behind it. */
  #say(step: SpliceStep, bytes: Uint8Array[]): StreamStep | undefined {
    if (step.kind === 'diverged') return step
    if (step.seam !== undefined) {
      this.#seam = step.seam
      for (const usage of this.#attempt?.earlierUsage ?? []) {
        if (usage.attempt <= this.#usageToldOf) continue
        this.#usageToldOf = usage.attempt
        bytes.push(this.#writer.comment(usageComment(usage)))
      }
      bytes.push(this.#writer.comment(seamComment(step.seam, this.#attempt)))
    }
    for (const event of step.events) this.#writer.say(event, bytes)
    return undefined
  }

  /** What only the second target's own protocol can say is lost at a seam, and that is said. */
  #tellDropped(type: string, bytes: Uint8Array[]): void {
    if (this.#dropped.has(type) || this.#dropped.size >= DROPPED_TYPES_MAX) return
    this.#dropped.add(type)
    bytes.push(this.#writer.comment(droppedComment(type, this.#attempt)))
  }

  /** Why what these events say cannot be told to a client of another protocol. */
  #unsayable(events: readonly StreamEvent[]): string | undefined {
    const { api } = this.#request
    if (this.#attempt?.targetApi === api) return undefined
    for (const event of events) this.#toolArguments.add(event)
    const terminal = events.find((event) => event.kind === 'terminal')
    return unsayableStop(api, terminal) ?? this.#toolArguments.problemOf(api, terminal)
  }
}
