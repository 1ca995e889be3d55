import { contentKind } from '../protocol/event.ts'
import type { DecodedFrame, StreamEvent } from '../protocol/event.ts'
import { protocolOf } from '../protocol/index.ts'
import type { ClientError, ClientRequest, Protocol, StreamEncoder } from '../protocol/protocol.ts'
import { stringOf } from '../protocol/json.ts'
import { unsayableStop } from '../protocol/unsayable-stop.ts'
import type { ContentKind } from '../vocabulary.ts'
import type {
  ClientStream,
  DeliveredCounts,
  FinishStep,
  Seam,
  StreamAttempt,
  StreamStep,
} from './client-stream.ts'
import { concatBytes, NO_BYTES } from './concat-bytes.ts'
import { DeliveryLedger } from './delivery-ledger.ts'
import { seamComment } from './seam-comment.ts'
import { SeamGuard } from './seam-guard.ts'
import type { SeamStep } from './seam-guard.ts'
import { StopScanner } from './stop-scanner.ts'
import { ToolArguments } from './tool-arguments.ts'

export interface ClientStreamOptions {
  readonly request: ClientRequest
  readonly createdSeconds: number
  readonly createId: (prefix: string) => string
  /** Bounds the prelude that is held and the delivered text that is kept for a continuation. */
  readonly bufferBytesMax: number
}

export function createClientStream(options: ClientStreamOptions): ClientStream {
  return new SplicedStream(options)
}

const HELD: StreamStep = { kind: 'held' }

class SplicedStream implements ClientStream {
  readonly #options: ClientStreamOptions
  readonly #protocol: Protocol
  readonly #total = new DeliveryLedger()
  #share = new DeliveryLedger()
  #encoder: StreamEncoder
  #attempt: StreamAttempt | undefined
  /** `raw`: the target's own frames. `encoded`: said in the client's protocol by us. */
  #mode: 'raw' | 'encoded' = 'encoded'
  /** Set while the seam is undecided. */
  #guard: SeamGuard | undefined
  #scanner: StopScanner | undefined
  #toolArguments = new ToolArguments()
  #isBehindSeam = false
  #held: Uint8Array[] = []
  #heldBytes = 0
  #text = ''
  #textComplete = true
  #seam: Seam | undefined
  #committed = false
  #terminal: string | undefined
  #isClosed = false
  #hasFailed = false
  #model: string | undefined

  constructor(options: ClientStreamOptions) {
    this.#options = options
    this.#protocol = protocolOf(options.request.api)
    this.#encoder = this.#protocol.createEncoder(options)
  }

  get committed(): boolean {
    return this.#committed
  }

  get terminal(): string | undefined {
    return this.#terminal
  }

  get delivered(): ClientStream['delivered'] {
    return { ...this.#total.counts, text: this.#text, textComplete: this.#textComplete }
  }

  get attemptDelivered(): DeliveredCounts {
    return this.#share.counts
  }

  get seam(): Seam | undefined {
    return this.#seam
  }

  get heldUntilMs(): number | undefined {
    return this.#guard?.heldUntilMs
  }

  get model(): string | undefined {
    return this.#committed ? this.#model : undefined
  }

  get envelopes(): number {
    return this.#committed ? 1 : 0
  }

  startAttempt(attempt: StreamAttempt): void {
    this.#attempt = attempt
    this.#share = new DeliveryLedger()
    this.#seam = undefined
    this.#guard = undefined
    this.#toolArguments = new ToolArguments()
    if (!this.#committed) {
      // The attempt before left nothing behind: its prelude is dropped with everything learned.
      this.#held = []
      this.#heldBytes = 0
      this.#model = undefined
      this.#mode = attempt.targetApi === this.#protocol.api ? 'raw' : 'encoded'
      this.#encoder = this.#protocol.createEncoder(this.#options)
      return
    }
    this.#mode = 'encoded'
    this.#isBehindSeam = true
    this.#encoder.continueWith()
    this.#guard = new SeamGuard({ ...attempt, delivered: this.#text })
    this.#scanner = new StopScanner(this.#options.request.features.stopSequences, this.#text)
  }

  accept(frame: DecodedFrame, nowMs: number): StreamStep {
    if (this.#hasFailed || this.#isClosed) return HELD
    if (this.#terminal !== undefined) return this.#acceptAfterTerminal(frame)
    if (this.#mode === 'raw') return this.#acceptRaw(frame)
    return this.#acceptEvents(frame.events, nowMs)
  }

  release(nowMs: number): StreamStep {
    if (this.#guard === undefined || this.#hasFailed) return HELD
    const bytes: Uint8Array[] = []
    const diverged = this.#settle(this.#guard.release(nowMs), bytes)
    return diverged ?? this.#write(bytes)
  }

  finish(): FinishStep {
    const isOver = this.#terminal === undefined || this.#isClosed || this.#hasFailed
    if (isOver) return { bytes: NO_BYTES, closingFrameAdded: false }
    this.#isClosed = true
    return { bytes: this.#encoder.closing(), closingFrameAdded: true }
  }

  fail(error: ClientError): Uint8Array {
    if (this.#terminal !== undefined || this.#hasFailed) return NO_BYTES
    this.#hasFailed = true
    return this.#encoder.failure(error)
  }

  comment(text: string): Uint8Array {
    return this.#encoder.comment(text)
  }

  #acceptRaw(frame: DecodedFrame): StreamStep {
    // What failed the attempt is told once, by `fail`; an end without a terminal is no end.
    const isEarlyClose = frame.events.some(isClosing) && !frame.events.some(isTerminal)
    if (isEarlyClose || frame.events.some(isNoAnswer)) return HELD
    this.#learn(frame.events)
    const bytes = this.#encoder.pass(frame)
    const shows = frame.events.some((event) => this.#kindOf(event) !== undefined)
    const terminal = frame.events.find(isTerminal)
    if (shows || terminal !== undefined) this.#commit()
    if (!this.#committed) return this.#hold(frame, bytes)
    this.#record(frame.events)
    this.#terminal = terminal?.native
    this.#isClosed = terminal !== undefined && frame.events.some(isClosing)
    return this.#write([bytes])
  }

  #acceptAfterTerminal(frame: DecodedFrame): StreamStep {
    if (frame.events.some((event) => !isEpilogue(event))) return HELD
    const bytes =
      this.#mode === 'raw' ? this.#encoder.pass(frame) : this.#encoder.encode(frame.events)
    this.#isClosed = frame.events.some(isClosing)
    return this.#write([bytes])
  }

  #acceptEvents(events: readonly StreamEvent[], nowMs: number): StreamStep {
    // Looked for first: what a frame says before its end must not be counted and then not written.
    const unsayable = this.#unsayable(events)
    if (unsayable !== undefined) return unsayable
    const bytes: Uint8Array[] = []
    this.#learn(events)
    for (const event of events) {
      const step =
        this.#guard === undefined ? this.#say(event, bytes) : this.#guarded(event, nowMs, bytes)
      if (step !== undefined) return step
      if (this.#isClosed) break
    }
    return this.#committed ? this.#write(bytes) : this.#holdBytes(concatBytes(bytes))
  }

  /** One event of a target whose frames are not the client's own. */
  #say(event: StreamEvent, bytes: Uint8Array[]): StreamStep | undefined {
    if (isNoAnswer(event)) return undefined
    if (event.kind === 'closing') return this.#close(bytes)
    if (event.kind === 'terminal') return this.#end(event, bytes)
    if (contentKind(event) === undefined) {
      bytes.push(this.#encoder.encode([event]))
      return undefined
    }
    if (this.#kindOf(event) === undefined) return undefined
    if (event.kind === 'text' && this.#scanner?.stopsIn(event.text) === true) {
      this.#end({ kind: 'terminal', native: 'stop_sequence', stop: 'end' }, bytes)
      return this.#close(bytes)
    }
    this.#open(bytes)
    bytes.push(this.#encoder.encode([event]))
    this.#record([event])
    return undefined
  }

  /** An end without a terminal is no end. */
  #close(bytes: Uint8Array[]): undefined {
    if (this.#terminal === undefined) return
    bytes.push(this.#encoder.encode([{ kind: 'closing' }]))
    this.#isClosed = true
  }

  #end(event: TerminalEvent, bytes: Uint8Array[]): undefined {
    this.#open(bytes)
    bytes.push(this.#encoder.encode([event]))
    this.#terminal = event.native
  }

  #unsayable(events: readonly StreamEvent[]): StreamStep | undefined {
    if (this.#attempt?.targetApi === this.#protocol.api) return undefined
    for (const event of events) this.#toolArguments.add(event)
    const terminal = events.find(isTerminal)
    const { api } = this.#protocol
    const detail = unsayableStop(api, terminal) ?? this.#toolArguments.problemOf(api, terminal)
    return detail === undefined ? undefined : { kind: 'diverged', detail }
  }

  /** The seam comes before everything that is said behind it. */
  #guarded(event: StreamEvent, nowMs: number, bytes: Uint8Array[]): StreamStep | undefined {
    const guard = this.#guard
    if (guard === undefined) return this.#say(event, bytes)
    switch (event.kind) {
      case 'text':
        return this.#settle(guard.push(event.text, nowMs), bytes)
      case 'refusal':
      case 'tool-call':
      case 'tool-arguments':
      case 'terminal':
        return this.#settle(guard.finish(nowMs), bytes) ?? this.#say(event, bytes)
      case 'usage':
        return this.#say(event, bytes)
      case 'start':
      case 'prelude':
      case 'reasoning':
      case 'other':
      case 'closing':
      case 'error':
      case 'malformed':
        return undefined
      default:
        return event satisfies never
    }
  }

  #settle(step: SeamStep, bytes: Uint8Array[]): StreamStep | undefined {
    if (step.kind === 'held') return undefined
    if (step.kind === 'diverged') return step
    this.#guard = undefined
    this.#seam = step.seam
    bytes.push(this.#encoder.comment(seamComment(step.seam, this.#attempt)))
    return step.text === '' ? undefined : this.#say({ kind: 'text', text: step.text }, bytes)
  }

  /** What an event shows this client, or undefined where it shows nothing. */
  #kindOf(event: StreamEvent): ContentKind | undefined {
    if (this.#mode === 'raw') return contentKind(event)
    // A second chain of thought behind delivered text belongs to nothing that the client has.
    if (this.#isBehindSeam && event.kind === 'reasoning') return undefined
    return this.#encoder.carries(event) ? contentKind(event) : undefined
  }

  #learn(events: readonly StreamEvent[]): void {
    if (this.#committed) return
    const start = events.find((event) => event.kind === 'start')
    if (start !== undefined && start.model !== '') this.#model = start.model
  }

  /** An envelope that the target did not open itself. */
  #open(bytes: Uint8Array[]): void {
    if (this.#committed) return
    this.#commit()
    const model = this.#model ?? ''
    bytes.push(this.#encoder.encode([{ kind: 'start', id: '', model }]))
  }

  #commit(): void {
    this.#committed = true
    this.#model ??= this.#attempt?.model
  }

  #record(events: readonly StreamEvent[]): void {
    const kindOf = (event: StreamEvent): ContentKind | undefined => this.#kindOf(event)
    this.#total.add(events, kindOf)
    this.#share.add(events, kindOf)
    for (const event of events) {
      if (event.kind !== 'text' || !this.#textComplete) continue
      if (this.#text.length + event.text.length > this.#options.bufferBytesMax) {
        this.#textComplete = false
      } else {
        this.#text += event.text
      }
    }
  }

  /** Comments and pings would add up for as long as a target only says that it lives. */
  #hold({ payload }: DecodedFrame, bytes: Uint8Array): StreamStep {
    if (payload === undefined || stringOf(payload, 'type') === 'ping') return HELD
    return this.#holdBytes(bytes)
  }

  #holdBytes(bytes: Uint8Array): StreamStep {
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#options.bufferBytesMax) {
      const detail = `over ${this.#options.bufferBytesMax} bytes came before any content`
      return { kind: 'diverged', detail }
    }
    if (bytes.length > 0) this.#held.push(bytes)
    return HELD
  }

  #write(bytes: readonly Uint8Array[]): StreamStep {
    const all = concatBytes([...this.#held, ...bytes])
    this.#held = []
    return all.length === 0 ? HELD : { kind: 'write', bytes: all }
  }
}

type TerminalEvent = Extract<StreamEvent, { readonly kind: 'terminal' }>

function isNoAnswer(event: StreamEvent): boolean {
  return event.kind === 'error' || event.kind === 'malformed'
}

function isTerminal(event: StreamEvent): event is TerminalEvent {
  return event.kind === 'terminal'
}

function isClosing(event: StreamEvent): boolean {
  return event.kind === 'closing'
}

/** What may follow a terminal: the count of tokens, comments and the closing frame. */
function isEpilogue(event: StreamEvent): boolean {
  return event.kind === 'usage' || event.kind === 'closing' || event.kind === 'prelude'
}
