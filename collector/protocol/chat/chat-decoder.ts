import type { StreamEvent } from '../event.ts'
import { arrayOf, isArray, isObject, numberOf, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { StreamDecoder, StreamLimits } from '../protocol.ts'
import { readErrorObject } from '../read-error.ts'
import { createSseDecoder } from '../sse/create-sse-decoder.ts'
import { isErrorFinish, stopOfFinishReason } from './finish-reason.ts'
import { createToolIndex } from './tool-index.ts'
import type { ToolIndex } from './tool-index.ts'
import { readChatUsage } from './chat-usage.ts'

/** Reads a Chat Completions stream. `choices` is the request's `n`. */
export function createChatDecoder(limits: StreamLimits, choices = 1): StreamDecoder {
  const state: ChatState = {
    hasStarted: false,
    open: new Set(Array.from({ length: choices }, (_, index) => index)),
    tools: createToolIndex(),
  }
  return createSseDecoder(limits, { read: (payload, name) => readChunk(payload, name, state) })
}

interface ChatState {
  hasStarted: boolean
  /** Choices that have not finished; the answer is complete when none is left. */
  readonly open: Set<number>
  readonly tools: ToolIndex
}

function readChunk(
  payload: JsonObject,
  eventName: string | undefined,
  state: ChatState,
): readonly StreamEvent[] {
  // An error is an error even next to choices: OpenRouter sends both, openai-node raises on it.
  if (eventName === 'error' || isTruthy(own(payload, 'error'))) return [errorEvent(payload)]
  // vLLM's shape: {"object":"error","message":…,"code":400}.
  if (stringOf(payload, 'object') === 'error') return [errorEvent(payload)]
  const choices = arrayOf(payload, 'choices')
  const usage = usageEvents(payload)
  if (choices === undefined) {
    if (usage.length > 0) return usage
    const type = stringOf(payload, 'object') ?? stringOf(payload, 'type') ?? eventName
    return [{ kind: 'other', type: type ?? 'unknown' }]
  }
  const events: StreamEvent[] = [...startEvents(payload, state)]
  for (const choice of choices) {
    if (!isObject(choice)) return [{ kind: 'malformed', detail: 'a choice that is no object' }]
    events.push(...readChoice(choice, state))
  }
  // Beside a choice: some repeat them with the count of tokens, behind the end.
  for (const type of choices.length > 0 ? PAYLOAD_EXTRAS : []) {
    if ((arrayOf(payload, type)?.length ?? 0) > 0) events.push({ kind: 'other', type })
  }
  events.push(...usage)
  const error = events.find((event) => event.kind === 'error')
  if (error !== undefined) return [error]
  return events.length === 0 ? [{ kind: 'prelude' }] : events
}

function startEvents(payload: JsonObject, state: ChatState): readonly StreamEvent[] {
  const id = stringOf(payload, 'id') ?? ''
  // Azure tells of its filters first, in a chunk without id, model or choices.
  const isAside = id === '' && arrayOf(payload, 'choices')?.length === 0
  if (state.hasStarted || isAside) return []
  state.hasStarted = true
  return [{ kind: 'start', id, model: stringOf(payload, 'model') ?? '' }]
}

function readChoice(choice: JsonObject, state: ChatState): readonly StreamEvent[] {
  const events = [...readDelta(objectOf(choice, 'delta') ?? {}, state)]
  const native = stringOf(choice, 'finish_reason')
  if (native === undefined || native === '') return events
  if (isErrorFinish(native)) {
    return [{ kind: 'error', error: { message: `finish_reason "${native}"`, type: native } }]
  }
  state.open.delete(numberOf(choice, 'index') ?? 0)
  if (state.open.size === 0) {
    events.push({ kind: 'terminal', native, stop: stopOfFinishReason(native) })
  }
  return events
}

function* readDelta(delta: JsonObject, state: ChatState): Generator<StreamEvent> {
  // OpenAI has no reasoning delta; DeepSeek and vLLM say `reasoning_content`, OpenRouter
  // `reasoning`.
  const reasoning = stringOf(delta, 'reasoning_content') ?? stringOf(delta, 'reasoning')
  if (reasoning !== undefined && reasoning !== '') yield { kind: 'reasoning', text: reasoning }
  yield* readContent(own(delta, 'content'))
  const refusal = stringOf(delta, 'refusal')
  if (refusal !== undefined && refusal !== '') yield { kind: 'refusal', text: refusal }
  for (const call of arrayOf(delta, 'tool_calls') ?? []) {
    if (isObject(call)) yield* readToolCall(call, state.tools)
  }
  const legacyCall = objectOf(delta, 'function_call')
  if (legacyCall !== undefined) yield* readToolCall({ index: 0, function: legacyCall }, state.tools)
  if (isObject(own(delta, 'audio'))) yield { kind: 'other', type: 'audio' }
  for (const type of DELTA_EXTRAS) {
    if ((arrayOf(delta, type)?.length ?? 0) > 0) yield { kind: 'other', type }
  }
}

/**
 * What stands beside the text and points into it, or is no text: OpenAI's and OpenRouter's
 * citations, OpenRouter's pictures. Who got some of it can be given the rest by nobody else.
 */
const DELTA_EXTRAS = ['annotations', 'images'] as const
/** Perplexity and xAI number their sources beside the choices; the text names the numbers. */
const PAYLOAD_EXTRAS = ['citations', 'search_results'] as const

/** A string; Mistral's reasoning models send parts instead. */
function* readContent(content: JsonValue | undefined): Generator<StreamEvent> {
  if (typeof content === 'string') {
    if (content !== '') yield { kind: 'text', text: content }
    return
  }
  if (!isArray(content)) return
  for (const part of content) {
    if (!isObject(part)) continue
    const text = stringOf(part, 'text')
    if (text !== undefined) yield { kind: 'text', text }
    else yield { kind: 'other', type: stringOf(part, 'type') ?? 'unknown' }
  }
}

function* readToolCall(call: JsonObject, tools: ToolIndex): Generator<StreamEvent> {
  const body = objectOf(call, 'function') ?? objectOf(call, 'custom') ?? {}
  const id = stringOf(call, 'id')
  const { index, isNew } = tools.resolve(numberOf(call, 'index'), id)
  if (isNew) yield { kind: 'tool-call', index, id: id ?? '', name: stringOf(body, 'name') ?? '' }
  const json = stringOf(body, 'arguments') ?? stringOf(body, 'input')
  if (json !== undefined && json !== '') yield { kind: 'tool-arguments', index, json }
}

function usageEvents(payload: JsonObject): readonly StreamEvent[] {
  const usage = objectOf(payload, 'usage')
  return usage === undefined ? [] : [{ kind: 'usage', usage: readChatUsage(usage) }]
}

function errorEvent(payload: JsonObject): StreamEvent {
  return { kind: 'error', error: readErrorObject(payload) }
}

function isTruthy(value: JsonValue | undefined): boolean {
  return Boolean(value)
}
