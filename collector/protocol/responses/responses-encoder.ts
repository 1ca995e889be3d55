import type { DecodedFrame, StreamEvent, Usage } from '../event.ts'
import { toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ClientError, EncoderContext, StreamEncoder } from '../protocol.ts'
import { commentLine } from '../sse/comment-line.ts'
import { ItemWriter } from './item-writer.ts'
import { OutputLedger } from './output-ledger.ts'
import { openResponse } from './response-echo.ts'
import { incompleteReasonOf, statusOf, writeStop } from './response-status.ts'
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
    exceeds: (events) => writer.exceeds(events),
    encode: (events) => toBytes(events.map((event) => writer.event(event)).join('')),
    pass: (frame) => writer.pass(frame),
    continueWith: () => {
      writer.continueWith()
    },
    terminalWord,
    closing: () => toBytes(writer.closing()),
    failure: (error) => toBytes(writer.failure(error)),
    comment: (text) => toBytes(commentLine(text)),
  }
}

/** The status, or why it is `incomplete`: as `stopOfResponse` reads it. */
function terminalWord(event: ResponseStop): string {
  return incompleteReasonOf(event) ?? 'completed'
}

class ResponsesWriter {
  readonly #context: EncoderContext
  readonly #ledger = new OutputLedger()
  #items: ItemWriter
  #usage: Usage = {}
  #stop: ResponseStop | undefined
  #isClosed = false
  #hasSeam = false

  constructor(context: EncoderContext) {
    this.#context = context
    this.#items = new ItemWriter(this.#ledger, context.createId)
  }

  continueWith(): void {
    this.#items = new ItemWriter(this.#ledger, this.#context.createId)
    this.#usage = {}
    this.#hasSeam = true
  }

  exceeds(events: readonly StreamEvent[]): string | undefined {
    return this.#ledger.exceeds(events)
  }

  pass(frame: DecodedFrame): Uint8Array {
    if (frame.payload !== undefined) this.#ledger.pass(frame.payload, frame.raw.length)
    this.#isClosed ||= frame.events.some((event) => event.kind === 'terminal')
    return frame.raw
  }

  event(event: StreamEvent): string {
    switch (event.kind) {
      case 'start':
        return this.#open(event.model)
      case 'text':
        return this.#open() + this.#items.say('output_text', event.text)
      case 'refusal':
        return this.#open() + this.#items.say('refusal', event.text)
      case 'reasoning':
        return this.#open() + this.#items.say('reasoning_text', event.text)
      case 'tool-call':
        return this.#open() + this.#items.call(event)
      case 'tool-arguments':
        return this.#items.addArguments(event.index, event.json)
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return ''
      case 'terminal':
        // Chat counts its tokens behind its terminal, and here they stand in it.
        this.#stop ??= event
        return this.#open() + this.#items.closeAll(statusOf(event))
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
    const fields = writeStop(this.#stop, this.#context.nowSeconds)
    const output = this.#ledger.output()
    const usage = writeResponsesUsage(this.#usage)
    const response = this.#response({ ...fields, output, usage })
    return this.#ledger.write(`response.${fields.status}`, { response })
  }

  /** Lifecycle first, for who reads nothing else; the event that raises behind it. */
  failure(error: ClientError): string {
    const opening = this.#open()
    this.#isClosed = true
    const response = this.#response({
      status: 'failed',
      error: responseError(error),
      output: this.#ledger.output(),
    })
    return (
      opening +
      this.#ledger.write('response.failed', { response }) +
      this.#ledger.write('error', errorEventFields(error))
    )
  }

  #open(model = ''): string {
    if (this.#ledger.response !== undefined) return ''
    const { createId, createdSeconds, request } = this.#context
    const response = openResponse(request.body, {
      id: createId('resp_'),
      createdSeconds,
      model: model === '' ? request.route : model,
    })
    return (
      this.#ledger.write('response.created', { response }) +
      this.#ledger.write('response.in_progress', { response })
    )
  }

  /** The first envelope's, so that what it repeats of the request is the client's own. */
  #response(fields: JsonObject): JsonObject {
    // What was joined from two answers is stored nowhere, whatever the first target promised.
    const store = this.#hasSeam ? { store: false } : {}
    return { ...this.#ledger.response, ...fields, ...store }
  }
}
