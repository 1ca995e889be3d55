import type { StreamEvent } from '../event.ts'
import { isObject, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { StreamDecoder, StreamLimits } from '../protocol.ts'
import { readErrorObject } from '../read-error.ts'
import { createSseDecoder } from '../sse/create-sse-decoder.ts'
import { OutputReader } from './output-reader.ts'
import { stopOfResponse } from './response-status.ts'
import { readResponsesUsage } from './responses-usage.ts'

/** Reads a Responses stream. */
export function createResponsesDecoder(limits: StreamLimits): StreamDecoder {
  const state: ResponsesState = { hasStarted: false, output: new OutputReader() }
  // An event is one line, and the last one repeats the request and the whole answer.
  const ofEvents = { ...limits, lineBytesMax: limits.eventBytesMax }
  return createSseDecoder(ofEvents, { read: (payload, name) => readEvent(payload, name, state) })
}

interface ResponsesState {
  hasStarted: boolean
  readonly output: OutputReader
}

const PRELUDE: readonly StreamEvent[] = [{ kind: 'prelude' }]

function readEvent(
  payload: JsonObject,
  eventName: string | undefined,
  state: ResponsesState,
): readonly StreamEvent[] {
  const type = stringOf(payload, 'type') ?? eventName
  // Flat as it is specified, nested as OpenAI and Azure send it, or a bare Chat error.
  if (type === 'error' || eventName === 'error' || own(payload, 'error')) {
    return [{ kind: 'error', error: readErrorObject(payload) }]
  }
  switch (type) {
    case undefined:
      return malformed('an event without a type')
    case 'response.created':
      return readCreated(payload, state)
    case 'response.queued':
    case 'response.in_progress':
    case 'keepalive':
    case 'ping':
      return PRELUDE
    case 'response.completed':
    case 'response.incomplete':
      return state.hasStarted ? readTerminal(payload, state) : beforeStart(type)
    case 'response.failed':
    case 'response.cancelled':
      return failed(objectOf(payload, 'response') ?? {})
    default:
      return readOutput(type, payload, state)
  }
}

function readCreated(payload: JsonObject, state: ResponsesState): readonly StreamEvent[] {
  const response = objectOf(payload, 'response')
  if (response === undefined) return malformed('response.created without a response')
  // openai-node throws on a second one; what follows it is another answer.
  if (state.hasStarted) return malformed('a second response.created')
  state.hasStarted = true
  const model = stringOf(response, 'model') ?? ''
  return [{ kind: 'start', id: stringOf(response, 'id') ?? '', model }]
}

function readOutput(
  type: string,
  payload: JsonObject,
  { hasStarted, output }: ResponsesState,
): readonly StreamEvent[] {
  const events = output.read(type, payload)
  if (events === undefined) return [{ kind: 'other', type }]
  if (!hasStarted) return beforeStart(type)
  return events.length === 0 ? PRELUDE : events
}

/** The terminal closes the stream as well: nothing follows it. */
function readTerminal(payload: JsonObject, { output }: ResponsesState): readonly StreamEvent[] {
  const response = objectOf(payload, 'response')
  if (response === undefined) return malformed('a terminal event without its response')
  if (isObject(own(response, 'error'))) return failed(response)
  const rest = output.finish(response)
  const stop = stopOfResponse(response, output.hasCalls)
  if (stop === undefined) return malformed('a terminal event whose response is not over')
  const usage = objectOf(response, 'usage')
  return [
    ...rest,
    ...(usage === undefined
      ? []
      : [{ kind: 'usage', usage: readResponsesUsage(usage) } satisfies StreamEvent]),
    { kind: 'terminal', ...stop },
    { kind: 'closing' },
  ]
}

/** `response.failed`, or a terminal that says in its body that it is none. */
function failed(response: JsonObject): readonly StreamEvent[] {
  const error = own(response, 'error')
  if (isObject(error) || typeof error === 'string') {
    return [{ kind: 'error', error: readErrorObject(response) }]
  }
  const status = stringOf(response, 'status') ?? 'failed'
  return [{ kind: 'error', error: { message: `the response ended as ${status}`, type: status } }]
}

function beforeStart(type: string): readonly StreamEvent[] {
  return malformed(`${type} before response.created`)
}

function malformed(detail: string): readonly StreamEvent[] {
  return [{ kind: 'malformed', detail }]
}
