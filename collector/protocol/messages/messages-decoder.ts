import type { DecodedFrame, StreamEvent } from '../event.ts'
import { isObject, numberOf, objectOf, own, stringOf, toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { StreamDecoder, StreamLimits } from '../protocol.ts'
import { readErrorObject } from '../read-error.ts'
import { createSseDecoder } from '../sse/create-sse-decoder.ts'
import { MessagesUsage } from './messages-usage.ts'
import { stopOfStopReason } from './stop-reason.ts'

/** Reads an Anthropic Messages stream. */
export function createMessagesDecoder(limits: StreamLimits): StreamDecoder {
  const state: MessagesState = { hasStarted: false, usage: new MessagesUsage(), tools: new Map() }
  return createSseDecoder(limits, {
    read: (payload, name) => readEvent(payload, name, state),
    mend: withEventName,
  })
}

interface MessagesState {
  hasStarted: boolean
  readonly usage: MessagesUsage
  /** Block index → tool call, counted from 0 as everywhere else. */
  readonly tools: Map<number, number>
}

const PRELUDE: readonly StreamEvent[] = [{ kind: 'prelude' }]

/**
 * Frames without an `event:` line say everything in their data, but Anthropic's SDK drops them: an
 * answer passed on as it came would arrive empty.
 */
function withEventName(frame: DecodedFrame, eventName: string | undefined): DecodedFrame {
  const type = frame.payload && stringOf(frame.payload, 'type')
  if (eventName !== undefined || type === undefined || !/^[\w.-]+$/.test(type)) return frame
  return {
    ...frame,
    raw: toBytes(`event: ${type}\ndata: ${JSON.stringify(frame.payload)}\n\n`),
  }
}

function readEvent(
  payload: JsonObject,
  eventName: string | undefined,
  state: MessagesState,
): readonly StreamEvent[] {
  const type = stringOf(payload, 'type') ?? eventName
  if (type === 'error' || eventName === 'error' || isObject(own(payload, 'error'))) {
    return [{ kind: 'error', error: readErrorObject(payload) }]
  }
  switch (type) {
    case undefined:
      return malformed('an event without a type')
    case 'ping':
      return PRELUDE
    case 'message_start':
      return readStart(payload, state)
    case 'content_block_start':
      return state.hasStarted ? readBlockStart(payload, state) : beforeStart(type)
    case 'content_block_delta':
      return state.hasStarted ? readBlockDelta(payload, state) : beforeStart(type)
    case 'content_block_stop':
      return PRELUDE
    case 'message_delta':
      return readMessageDelta(payload, state)
    case 'message_stop':
      return [{ kind: 'closing' }]
    default:
      return [{ kind: 'other', type }]
  }
}

function readStart(payload: JsonObject, state: MessagesState): readonly StreamEvent[] {
  const message = objectOf(payload, 'message')
  if (message === undefined) return malformed('message_start without a message')
  // Every SDK throws on a second one; what follows it is another answer.
  if (state.hasStarted) return malformed('a second message_start')
  state.hasStarted = true
  const usage = objectOf(message, 'usage')
  return [
    { kind: 'start', id: stringOf(message, 'id') ?? '', model: stringOf(message, 'model') ?? '' },
    ...(usage === undefined
      ? []
      : [{ kind: 'usage', usage: state.usage.update(usage) } satisfies StreamEvent]),
  ]
}

function readBlockStart(payload: JsonObject, state: MessagesState): readonly StreamEvent[] {
  const block = objectOf(payload, 'content_block')
  if (block === undefined) return malformed('content_block_start without a block')
  const type = stringOf(block, 'type') ?? 'unknown'
  switch (type) {
    case 'text':
      return textOrPrelude('text', stringOf(block, 'text'))
    case 'thinking':
      return textOrPrelude('reasoning', stringOf(block, 'thinking'))
    case 'redacted_thinking':
      // Encrypted: it shows nothing, and goes out with the first content that does.
      return PRELUDE
    case 'tool_use':
      return readToolUse(block, numberOf(payload, 'index') ?? 0, state)
    default:
      return [{ kind: 'other', type }]
  }
}

function readToolUse(
  block: JsonObject,
  blockIndex: number,
  state: MessagesState,
): readonly StreamEvent[] {
  const index = state.tools.size
  state.tools.set(blockIndex, index)
  const call: StreamEvent = {
    kind: 'tool-call',
    index,
    id: stringOf(block, 'id') ?? '',
    name: stringOf(block, 'name') ?? '',
  }
  const input = objectOf(block, 'input')
  // Anthropic opens with an empty input and streams it; some servers send it whole at once.
  if (input === undefined || Object.keys(input).length === 0) return [call]
  return [call, { kind: 'tool-arguments', index, json: JSON.stringify(input) }]
}

function readBlockDelta(payload: JsonObject, state: MessagesState): readonly StreamEvent[] {
  const delta = objectOf(payload, 'delta')
  if (delta === undefined) return malformed('content_block_delta without a delta')
  const type = stringOf(delta, 'type') ?? 'unknown'
  switch (type) {
    case 'text_delta':
      return textOrPrelude('text', stringOf(delta, 'text'))
    case 'thinking_delta':
      return textOrPrelude('reasoning', stringOf(delta, 'thinking'))
    case 'signature_delta':
      return PRELUDE
    case 'input_json_delta': {
      const json = stringOf(delta, 'partial_json')
      if (json === undefined || json === '') return PRELUDE
      const index = state.tools.get(numberOf(payload, 'index') ?? 0)
      // The input of a server's tool, which no other protocol can carry.
      return index === undefined
        ? [{ kind: 'other', type }]
        : [{ kind: 'tool-arguments', index, json }]
    }
    default:
      return [{ kind: 'other', type }]
  }
}

function readMessageDelta(payload: JsonObject, state: MessagesState): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  const usage = objectOf(payload, 'usage')
  if (usage !== undefined) events.push({ kind: 'usage', usage: state.usage.update(usage) })
  const delta = objectOf(payload, 'delta')
  const native = delta && stringOf(delta, 'stop_reason')
  if (native !== undefined && native !== '') {
    const sequence = stringOf(delta ?? {}, 'stop_sequence')
    events.push({
      kind: 'terminal',
      native,
      stop: stopOfStopReason(native),
      ...(sequence !== undefined && { sequence }),
    })
  }
  return events.length === 0 ? PRELUDE : events
}

function textOrPrelude(
  kind: 'text' | 'reasoning',
  text: string | undefined,
): readonly StreamEvent[] {
  return text === undefined || text === '' ? PRELUDE : [{ kind, text }]
}

function beforeStart(type: string): readonly StreamEvent[] {
  return malformed(`${type} before message_start`)
}

function malformed(detail: string): readonly StreamEvent[] {
  return [{ kind: 'malformed', detail }]
}
