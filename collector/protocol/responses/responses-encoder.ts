import type { DecodedFrame, StreamEvent, Usage } from '../event.ts'
import { stringOf, toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError, EncoderContext, StreamEncoder } from '../protocol.ts'
import { commentLine } from '../sse/comment-line.ts'
import { closeItem, closePart } from './close-item.ts'
import type { SaidEvent } from './close-item.ts'
import type { OutputItem, OutputPart, PartType } from './output-item.ts'
import { partJson } from './output-item.ts'
import { OutputLedger } from './output-ledger.ts'
import { OWN_REASONING_PREFIX } from './own-reasoning.ts'
import { openResponse } from './response-echo.ts'
import { writeStop } from './response-status.ts'
import type { ResponseStop } from './response-status.ts'
import { errorEventFields, responseError } from './responses-error.ts'
import { writeResponsesUsage } from './responses-usage.ts'

/**
 * Writes a Responses stream: one `response.created`, consecutive indexes and sequence numbers, and
 * an end that repeats everything under the ids that it went out with. openai-node's helper throws
 * on a second envelope, on a foreign id and on an event type of our own.
 */
export function createResponsesEncoder(context: EncoderContext): StreamEncoder {
  const writer = new ResponsesWriter(context)
  return {
    carries: (event) => event.kind !== 'other',
    encode: (events) => toBytes(events.map((event) => writer.event(event)).join('')),
    pass: (frame) => writer.pass(frame),
    continueWith: () => {
      writer.continueWith()
    },
    closing: () => toBytes(writer.closing()),
    failure: (error) => toBytes(writer.failure(error)),
    comment: (text) => toBytes(commentLine(text)),
  }
}

class ResponsesWriter {
  readonly #context: EncoderContext
  readonly #ledger = new OutputLedger()
  /** Tool call of the target that is speaking → its item. */
  #calls = new Map<number, OutputItem>()
  #usage: Usage = {}
  #stop: ResponseStop | undefined
  #isClosed = false
  #hasSeam = false

  constructor(context: EncoderContext) {
    this.#context = context
  }

  continueWith(): void {
    this.#calls = new Map()
    this.#usage = {}
    this.#hasSeam = true
  }

  pass(frame: DecodedFrame): Uint8Array {
    if (frame.payload !== undefined) this.#ledger.note(frame.payload)
    this.#isClosed ||= frame.events.some((event) => event.kind === 'terminal')
    return frame.raw
  }

  event(event: StreamEvent): string {
    switch (event.kind) {
      case 'start':
        return this.#open(event.model)
      case 'text':
        return this.#say('output_text', event.text)
      case 'refusal':
        return this.#say('refusal', event.text)
      case 'reasoning':
        return this.#think(event.text)
      case 'tool-call':
        return this.#call(event)
      case 'tool-arguments':
        return this.#arguments(event.index, event.json)
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return ''
      case 'terminal':
        // Chat counts its tokens behind its terminal, and here they stand in it.
        this.#stop ??= event
        return this.#open('') + this.#closeAll(event)
      case 'closing':
        return this.closing()
      case 'prelude':
      case 'other':
      case 'error':
      case 'malformed':
        return ''
      default:
        return event satisfies never
    }
  }

  closing(): string {
    if (this.#isClosed || this.#stop === undefined) return ''
    this.#isClosed = true
    const fields = writeStop(this.#stop)
    const output = this.#ledger.output(fields.status)
    const usage = writeResponsesUsage(this.#usage)
    return this.#emit(`response.${fields.status}`, {
      response: this.#response({ ...fields, output, usage }),
    })
  }

  /** Lifecycle first, for who reads nothing else; the event that raises behind it. */
  failure(error: ClientError): string {
    const opening = this.#open('')
    this.#isClosed = true
    const response = this.#response({
      status: 'failed',
      error: responseError(error),
      output: this.#ledger.output('incomplete'),
    })
    return (
      opening +
      this.#emit('response.failed', { response }) +
      this.#emit('error', errorEventFields(error))
    )
  }

  #open(model: string): string {
    if (this.#ledger.response !== undefined) return ''
    const { createId, createdSeconds, request } = this.#context
    const response = openResponse(request.body, {
      id: createId('resp_'),
      createdSeconds,
      model: model === '' ? request.route : model,
    })
    return (
      this.#emit('response.created', { response }) +
      this.#emit('response.in_progress', { response })
    )
  }

  /** The first envelope's, so that what it repeats of the request is the client's own. */
  #response(fields: JsonObject): JsonObject {
    // What was joined from two answers is stored nowhere, whatever the first target promised.
    const store = this.#hasSeam ? { store: false } : {}
    return { ...this.#ledger.response, ...fields, ...store }
  }

  #say(type: PartType, text: string): string {
    const { opening, item, at } = this.#textPart(type)
    const place = { item_id: item, ...at }
    const delta =
      type === 'refusal'
        ? this.#emit('response.refusal.delta', { ...place, delta: text })
        : this.#emit('response.output_text.delta', { ...place, delta: text, logprobs: [] })
    return opening + delta
  }

  /** The open part of that type, of this target or of the one before a seam; else a new one. */
  #textPart(type: PartType): OpenPart {
    const opening = this.#ledger.last?.type === 'message' ? '' : this.#addMessage()
    const item = this.#ledger.last
    const index = item?.index ?? 0
    const parts = [...(item?.content ?? [])]
    const [lastIndex, last] = parts.at(-1) ?? [-1, undefined]
    const id = item?.id ?? ''
    if (last?.state === 'open' && last.type === type) {
      return { opening, item: id, at: { output_index: index, content_index: lastIndex } }
    }
    const closed = last === undefined || item === undefined ? '' : this.#closePart(item, lastIndex)
    const at = { output_index: index, content_index: lastIndex + 1 }
    const added = this.#emit('response.content_part.added', {
      item_id: id,
      ...at,
      part: partJson({ type, text: '', annotations: [], state: 'open' }),
    })
    return { opening: opening + closed + added, item: id, at }
  }

  #addMessage(): string {
    const id = this.#context.createId('msg_')
    const item = { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] }
    return this.#addItem(item)
  }

  #think(text: string): string {
    const isOpen = this.#ledger.last?.type === 'reasoning'
    const id = isOpen ? (this.#ledger.last?.id ?? '') : this.#context.createId(OWN_REASONING_PREFIX)
    const part: OutputPart = { type: 'reasoning_text', text: '', annotations: [], state: 'open' }
    const item = { id, type: 'reasoning', status: 'in_progress', summary: [], content: [] }
    const added = isOpen ? '' : this.#addItem(item)
    const at = { item_id: id, output_index: this.#ledger.nextIndex - 1, content_index: 0 }
    const opened = isOpen
      ? ''
      : this.#emit('response.content_part.added', { ...at, part: partJson(part) })
    return added + opened + this.#emit('response.reasoning_text.delta', { ...at, delta: text })
  }

  #call(event: Extract<StreamEvent, { readonly kind: 'tool-call' }>): string {
    const { createId } = this.#context
    const isTaken = [...this.#calls.values()].some((item) => item.callId === event.id)
    const added = this.#addItem({
      id: createId('fc_'),
      type: 'function_call',
      status: 'in_progress',
      call_id: event.id === '' || isTaken ? createId('call_') : event.id,
      name: event.name,
      arguments: '',
    })
    const item = this.#ledger.last
    if (item !== undefined) this.#calls.set(event.index, item)
    return added
  }

  #arguments(index: number, json: string): string {
    const item = this.#calls.get(index)
    if (item === undefined) return ''
    return this.#emit('response.function_call_arguments.delta', {
      item_id: item.id,
      output_index: item.index,
      delta: json,
    })
  }

  /** A new item closes what was said before it, but no call: several may be told in turns. */
  #addItem(item: JsonObject): string {
    const opening = this.#open('')
    const closed = this.#ledger.items
      .filter((open) => open.done === undefined && !open.isCall)
      .map((open) => this.#close(open, 'completed'))
      .join('')
    const fields = { output_index: this.#ledger.nextIndex, item }
    return opening + closed + this.#emit('response.output_item.added', fields)
  }

  /** Whoever acts on `output_item.done` must not act on a call that was cut off. */
  #closeAll(stop: ResponseStop): string {
    const { status } = writeStop(stop)
    const open = this.#ledger.items.filter((item) => item.done === undefined)
    const closable = open.filter((item) => status === 'completed' || !item.isCall)
    return closable.map((item) => this.#close(item, status)).join('')
  }

  #close(item: OutputItem, status: 'completed' | 'incomplete'): string {
    return this.#emitAll(closeItem(item, status))
  }

  #closePart(item: OutputItem, at: number): string {
    return this.#emitAll(closePart(item, 'content', at))
  }

  #emitAll(events: Iterable<SaidEvent>): string {
    let text = ''
    // One by one: what an event says depends on what the one before it did.
    for (const { type, ...fields } of events) text += this.#emit(type, fields)
    return text
  }

  #emit(type: string, fields: JsonObject): string {
    const payload = { type, sequence_number: this.#ledger.nextSequence, ...fields }
    this.#ledger.note(payload)
    return frameOf(payload)
  }
}

interface OpenPart {
  readonly opening: string
  readonly item: string
  readonly at: { readonly output_index: number; readonly content_index: number }
}

function frameOf(payload: JsonObject): string {
  return `event: ${stringOf(payload, 'type') ?? ''}\ndata: ${JSON.stringify(payload)}\n\n`
}
