import { contentKind } from '../protocol/event.ts'
import type { DecodedFrame, StreamEvent } from '../protocol/event.ts'
import { stringOf } from '../protocol/json.ts'
import type { ClientError, StreamEncoder } from '../protocol/protocol.ts'
import type { StreamStep } from './client-stream.ts'
import { concatBytes, NO_BYTES } from './concat-bytes.ts'
import { DeliveryLedger } from './delivery-ledger.ts'
import { HeldPrelude } from './held-prelude.ts'

export interface AnswerWriterOptions {
  readonly createEncoder: () => StreamEncoder
  /** Bounds the delivered text that is kept for a continuation. */
  readonly bufferBytesMax: number
  /** Bounds the prelude that is held. */
  readonly preludeBytesMax: number
}

export const HELD: StreamStep = { kind: 'held' }

/**
 * Writes the one answer that a client reads, whoever gives it: holds what shows nothing until there
 * is content, opens one envelope, counts what it delivers, ends once.
 */
export class AnswerWriter {
  readonly #options: AnswerWriterOptions
  readonly #prelude: HeldPrelude
  readonly ledger: DeliveryLedger
  #encoder: StreamEncoder
  #committed = false
  #terminal: string | undefined
  #isClosed = false
  #hasFailed = false
  /** As the target names it, else as it was asked for. */
  #model: string | undefined
  #askedModel: string | undefined

  constructor(options: AnswerWriterOptions) {
    this.#options = options
    this.#encoder = options.createEncoder()
    this.#prelude = new HeldPrelude(options.preludeBytesMax)
    this.ledger = new DeliveryLedger(options.bufferBytesMax)
  }

  get committed(): boolean {
    return this.#committed
  }

  get terminal(): string | undefined {
    return this.#terminal
  }

  get closed(): boolean {
    return this.#isClosed
  }

  /** Nothing can be written any more. */
  get isOver(): boolean {
    return this.#isClosed || this.#hasFailed
  }

  get model(): string | undefined {
    return this.#committed ? this.#model : undefined
  }

  /** Why what came so far cannot be said to its end, if so. */
  get problem(): string | undefined {
    return this.#encoder.problem
  }

  startAttempt(model: string): void {
    this.#askedModel = model
    this.ledger.startAttempt()
    if (this.#committed) {
      this.#encoder.continueWith()
      return
    }
    // The attempt before left nothing behind: its prelude is dropped with everything learned.
    this.#prelude.drop()
    this.#model = undefined
    this.#encoder = this.#options.createEncoder()
  }

  /**
   * A frame of the client's own protocol. Every frame of most streams comes through here: one look
   * at its events, nothing allocated for it but its bytes.
   */
  pass(frame: DecodedFrame): StreamStep {
    let terminal: string | undefined
    let isClosing = false
    let shows = false
    for (const event of frame.events) {
      // What failed the attempt is told once, by `fail`.
      if (event.kind === 'error' || event.kind === 'malformed') return HELD
      if (event.kind === 'terminal') terminal ??= event.native
      else if (event.kind === 'closing') isClosing = true
      else if (event.kind === 'start') this.#learn(event.model)
      else if (contentKind(event) !== undefined) shows = true
    }
    // An end without a terminal is no end.
    if (isClosing && terminal === undefined) return HELD
    const bytes = this.#encoder.pass(frame)
    if (shows || terminal !== undefined) this.#commit()
    if (!this.#committed) return isSignOfLife(frame) ? HELD : this.#hold(bytes)
    if (shows) this.#count(frame.events)
    this.#terminal = terminal
    this.#isClosed = isClosing
    return this.write(bytes)
  }

  /** The count of tokens, comments and the closing frame; nothing else may follow a terminal. */
  passEpilogue(frame: DecodedFrame, isRaw: boolean): StreamStep {
    if (!frame.events.every(isEpilogue)) return HELD
    this.#isClosed = frame.events.some(isClosing)
    return this.write(isRaw ? this.#encoder.pass(frame) : this.#encoder.encode(frame.events))
  }

  /** Why so much more cannot be said, or undefined. */
  exceeds(events: readonly StreamEvent[]): string | undefined {
    return this.#encoder.exceeds?.(events)
  }

  /** One event of a target whose frames are not the client's own. */
  say(event: StreamEvent, bytes: Uint8Array[]): void {
    switch (event.kind) {
      case 'error':
      case 'malformed':
        return
      case 'closing':
        // An end without a terminal is no end.
        if (this.#terminal === undefined) return
        this.#isClosed = true
        break
      case 'terminal':
        this.#open(bytes)
        this.#terminal = this.#encoder.terminalWord(event)
        break
      case 'start':
        this.#learn(event.model)
        break
      case 'prelude':
      case 'usage':
        break
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool-call':
      case 'tool-arguments':
      case 'other':
        // What this protocol has no word for is not delivered.
        if (!this.#encoder.carries(event) || contentKind(event) === undefined) return
        this.#open(bytes)
        this.#count([event])
        break
      default:
        event satisfies never
    }
    bytes.push(this.#encoder.encode([event]))
  }

  comment(text: string): Uint8Array {
    return this.#encoder.comment(text)
  }

  /** Behind what was held; before commit it is held too. */
  write(bytes: Uint8Array): StreamStep {
    if (!this.#committed) return this.#hold(bytes)
    const all = this.#prelude.isEmpty ? bytes : concatBytes([...this.#prelude.take(), bytes])
    return all.length === 0 ? HELD : { kind: 'write', bytes: all }
  }

  /** Undefined: there is nothing to close, or it is closed. */
  close(): Uint8Array | undefined {
    if (this.#terminal === undefined || this.isOver) return undefined
    this.#isClosed = true
    return this.#encoder.closing()
  }

  fail(error: ClientError): Uint8Array {
    if (this.#terminal !== undefined || this.#hasFailed) return NO_BYTES
    this.#hasFailed = true
    // What was held back is not written any more: the client has no envelope yet.
    const encoder = this.#committed ? this.#encoder : this.#options.createEncoder()
    return encoder.failure(error)
  }

  #learn(model: string): void {
    if (!this.#committed && model !== '') this.#model = model
  }

  /** An envelope that the target did not open itself. */
  #open(bytes: Uint8Array[]): void {
    if (this.#committed) return
    this.#commit()
    bytes.push(this.#encoder.encode([{ kind: 'start', id: '', model: this.#model ?? '' }]))
  }

  #commit(): void {
    if (this.#committed) return
    this.#committed = true
    this.#model ??= this.#askedModel
  }

  /** The content of one write. */
  #count(events: readonly StreamEvent[]): void {
    for (const event of events) {
      const kind = contentKind(event)
      if (kind !== undefined) this.ledger.add(event, kind)
    }
    this.ledger.addChunk()
  }

  #hold(bytes: Uint8Array): StreamStep {
    const overflow = this.#prelude.add(bytes)
    return overflow === undefined ? HELD : { kind: 'diverged', detail: overflow }
  }
}

/** Comments and pings would add up for as long as a target only says that it lives. */
function isSignOfLife({ payload }: DecodedFrame): boolean {
  return payload === undefined || stringOf(payload, 'type') === 'ping'
}

function isClosing(event: StreamEvent): boolean {
  return event.kind === 'closing'
}

function isEpilogue(event: StreamEvent): boolean {
  return event.kind === 'usage' || event.kind === 'closing' || event.kind === 'prelude'
}
