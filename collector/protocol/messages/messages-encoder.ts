import type { DecodedFrame, StreamEvent, Usage } from '../event.ts'
import { numberOf, objectOf, stringOf, toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError, EncoderContext, StreamEncoder } from '../protocol.ts'
import { commentLine } from '../sse/comment-line.ts'
import { fitToolId, MESSAGES_TOOL_ID } from '../tool-id.ts'
import { messagesErrorBody } from './messages-error.ts'
import { JsonProgress } from './json-progress.ts'
import { writeMessagesUsage } from './messages-usage.ts'
import { stopReasonOf } from './stop-reason.ts'
import { WaitingBlocks } from './waiting-blocks.ts'
import type { ToolCallEvent } from './waiting-blocks.ts'

type TerminalEvent = Extract<StreamEvent, { readonly kind: 'terminal' }>

/**
 * Writes an Anthropic Messages stream: one `message_start`, blocks with consecutive indexes (a gap
 * loses text in the SDK, without an error), one `message_delta` with its usage, one `message_stop`.
 */
export function createMessagesEncoder(context: EncoderContext): StreamEncoder {
  const writer = new MessagesWriter(context)
  return {
    // A chain of thought without Anthropic's signature breaks the client's next turn.
    carries: (event) => event.kind !== 'other' && event.kind !== 'reasoning',
    encode: (events) => toBytes(events.map((event) => writer.event(event)).join('')),
    pass: (frame) => writer.pass(frame),
    continueWith: () => {
      writer.continueWith()
    },
    terminalWord: (event) => writer.stopReasonOf(event),
    closing: () => toBytes(writer.closing()),
    failure: (error) => toBytes(failureFrame(error)),
    comment: (text) => toBytes(commentLine(text)),
    get problem() {
      return writer.problem
    },
  }
}

interface OpenBlock {
  readonly index: number
  readonly type: string
}

/** The tool call whose block is open: nothing else may be said until its arguments are whole. */
interface OpenCall {
  readonly index: number
  readonly progress: JsonProgress
}

class MessagesWriter {
  readonly #context: EncoderContext
  #hasStarted = false
  #open: OpenBlock | undefined
  #nextIndex = 0
  #call: OpenCall | undefined
  #waiting = new WaitingBlocks()
  #usage: Usage = {}
  #isRefusal = false
  #terminal: TerminalEvent | undefined
  #hasDelta = false
  #isClosed = false

  constructor(context: EncoderContext) {
    this.#context = context
  }

  get problem(): string | undefined {
    return this.#waiting.isOverfull
      ? 'more was said beside an unfinished tool call than can be held back'
      : undefined
  }

  continueWith(): void {
    this.#call = undefined
    this.#waiting = new WaitingBlocks()
    // Every count is told again: what the first target read from its cache must not be taken for
    // the second's, and an SDK keeps what no later event overwrites.
    this.#usage = { cachedInputTokens: 0, cacheWriteTokens: 0 }
  }

  stopReasonOf({ stop, native }: TerminalEvent): string {
    return this.#isRefusal ? 'refusal' : stopReasonOf(stop, native)
  }

  event(event: StreamEvent): string {
    switch (event.kind) {
      case 'start':
        return this.#start(event.model)
      case 'text':
        return this.#text(event.text)
      case 'refusal':
        // Anthropic has no field for it: the words are text, the stop reason says what they are.
        this.#isRefusal = true
        return this.#text(event.text)
      case 'tool-call':
        return this.#toolUse(event)
      case 'tool-arguments':
        return this.#arguments(event.index, event.json)
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return this.#terminal === undefined ? '' : this.#messageDelta()
      case 'terminal':
        // Its `message_delta` must carry the usage, which Chat sends behind the terminal.
        this.#terminal ??= event
        return this.#start('') + this.#sayWaiting(true) + this.#closeBlock()
      case 'closing':
        return this.closing()
      case 'prelude':
      case 'reasoning':
      case 'other':
      case 'error':
      case 'malformed':
        return ''
      default:
        return event satisfies never
    }
  }

  /** A frame of the client's own protocol, as it came unless it would break the SDK. */
  pass(frame: DecodedFrame): Uint8Array {
    if (isTextDelta(frame)) return frame.raw
    const { payload, events } = frame
    const isClosing = events.some((event) => event.kind === 'closing')
    // `[DONE]` closes nothing here, and a `message_stop` may come before its `message_delta` went
    // out.
    if (isClosing && (payload === undefined || !this.#hasDelta)) return toBytes(this.closing())
    this.#isClosed ||= isClosing
    if (payload !== undefined) this.#learn(payload)
    for (const event of events) {
      if (event.kind === 'usage') this.#usage = { ...this.#usage, ...event.usage }
      if (event.kind !== 'terminal') continue
      // The SDK reads `usage.output_tokens` of every message_delta without asking.
      if (!events.some(({ kind }) => kind === 'usage')) return toBytes(this.event(event))
      this.#terminal = event
      this.#hasDelta = true
    }
    return frame.raw
  }

  closing(): string {
    if (this.#isClosed) return ''
    const delta = this.#messageDelta()
    this.#isClosed = true
    return delta + frameOf({ type: 'message_stop' })
  }

  #start(model: string): string {
    if (this.#hasStarted) return ''
    this.#hasStarted = true
    const { createId, request } = this.#context
    const message = {
      id: createId('msg_'),
      type: 'message',
      role: 'assistant',
      model: model === '' ? request.route : model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Chat tells its input tokens last; `message_delta` corrects them there.
      usage: { input_tokens: 0, ...writeMessagesUsage(this.#usage) },
    }
    return frameOf({ type: 'message_start', message })
  }

  get #mustWait(): boolean {
    return this.#call !== undefined && !this.#call.progress.isWhole
  }

  #text(text: string): string {
    if (this.#mustWait) {
      this.#waiting.addText(text)
      return ''
    }
    const opening = this.#open?.type === 'text' ? '' : this.#openBlock({ type: 'text', text: '' })
    return opening + blockDelta(this.#open?.index ?? 0, { type: 'text_delta', text })
  }

  #toolUse(event: ToolCallEvent): string {
    if (this.#mustWait) {
      this.#waiting.addCall(event)
      return ''
    }
    const id =
      event.id === '' ? this.#context.createId('toolu_') : fitToolId(event.id, MESSAGES_TOOL_ID)
    const opening = this.#openBlock({ type: 'tool_use', id, name: event.name, input: {} })
    this.#call = { index: event.index, progress: new JsonProgress() }
    return opening
  }

  #arguments(index: number, json: string): string {
    if (this.#call?.index !== index) {
      this.#waiting.addArguments(index, json)
      return ''
    }
    return this.#input(json) + this.#sayWaiting(false)
  }

  #input(json: string): string {
    this.#call?.progress.push(json)
    const delta = { type: 'input_json_delta', partial_json: json }
    return json === '' ? '' : blockDelta(this.#open?.index ?? 0, delta)
  }

  /** Until a call among them is not whole yet; at the end, all. */
  #sayWaiting(isEnd: boolean): string {
    let said = ''
    const next = () => (isEnd || !this.#mustWait ? this.#waiting.next() : undefined)
    for (let block = next(); block !== undefined; block = next()) {
      if (isEnd) said += this.#closeBlock()
      if (block.kind === 'text') said += this.#text(block.text)
      else said += this.#toolUse(block.event) + this.#input(block.json)
    }
    return said
  }

  #openBlock(block: JsonObject): string {
    const before = this.#start('') + this.#closeBlock()
    const index = this.#nextIndex
    this.#nextIndex += 1
    this.#open = { index, type: stringOf(block, 'type') ?? '' }
    return before + frameOf({ type: 'content_block_start', index, content_block: block })
  }

  #closeBlock(): string {
    if (this.#open === undefined) return ''
    const { index } = this.#open
    this.#open = undefined
    this.#call = undefined
    return frameOf({ type: 'content_block_stop', index })
  }

  #messageDelta(): string {
    if (this.#terminal === undefined || this.#hasDelta) return ''
    this.#hasDelta = true
    const delta = {
      stop_reason: this.stopReasonOf(this.#terminal),
      stop_sequence: this.#terminal.sequence ?? null,
    }
    return frameOf({ type: 'message_delta', delta, usage: writeMessagesUsage(this.#usage) })
  }

  #learn(payload: JsonObject): void {
    const index = numberOf(payload, 'index')
    switch (stringOf(payload, 'type')) {
      case 'message_start':
        this.#hasStarted = true
        return
      case 'content_block_start': {
        const block = objectOf(payload, 'content_block')
        const type = (block && stringOf(block, 'type')) ?? ''
        this.#open = { index: index ?? this.#nextIndex, type }
        this.#nextIndex = Math.max(this.#nextIndex, this.#open.index + 1)
        return
      }
      case 'content_block_stop':
        this.#open = undefined
        return
      case undefined:
      default:
        // Deltas and events that we do not know open and close nothing.
        return
    }
  }
}

const DELTA_HEAD = toBytes('event: content_block_delta')

/** Opens and closes nothing, and is most of every stream: told without parsing its JSON. */
function isTextDelta({ raw, events }: DecodedFrame): boolean {
  if (events.length !== 1 || events[0]?.kind !== 'text') return false
  for (let at = 0; at < DELTA_HEAD.length; at += 1) {
    if (raw[at] !== DELTA_HEAD[at]) return false
  }
  return true
}

function blockDelta(index: number, delta: JsonObject): string {
  return frameOf({ type: 'content_block_delta', index, delta })
}

function failureFrame(error: ClientError): string {
  return frameOf(messagesErrorBody(error))
}

/** Always with its `event:` line: the SDKs drop a frame that has none. */
function frameOf(payload: JsonObject): string {
  return `event: ${stringOf(payload, 'type') ?? ''}\ndata: ${JSON.stringify(payload)}\n\n`
}
