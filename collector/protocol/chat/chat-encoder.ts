import type { DecodedFrame, StreamEvent, Usage } from '../event.ts'
import { arrayOf, isObject, numberOf, own, stringOf, toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { EncoderContext, StreamEncoder } from '../protocol.ts'
import { commentLine } from '../sse/comment-line.ts'
import { chatErrorObject } from './chat-error.ts'
import { writeChatUsage } from './chat-usage.ts'
import { finishReasonOf } from './finish-reason.ts'

/**
 * Writes a Chat Completions stream: one id, model and `created` on every chunk (openai-node takes
 * the last id and the first model), one role chunk, one finish reason.
 */
export function createChatEncoder(context: EncoderContext): StreamEncoder {
  const state: ChatEnvelope = {
    open: undefined,
    usage: undefined,
    silentCalls: new Set(),
    isClosed: false,
  }
  return {
    carries: (event) => event.kind !== 'other',
    encode: (events) => toBytes(events.map((event) => encodeEvent(event, state, context)).join('')),
    pass: (frame) => pass(frame, state, context),
    terminalWord: ({ stop, native }) => finishReasonOf(stop, native),
    closing: () => toBytes(closing(state, context)),
    failure: (error) => toBytes(frame({ error: chatErrorObject(error, 'upstream_stream_failed') })),
    comment: (text) => toBytes(commentLine(text)),
    continueWith: () => {
      state.usage = undefined
    },
  }
}

interface ChatEnvelope {
  /** What every chunk repeats; learned from the first chunk, or opened by us. */
  open: JsonObject | undefined
  usage: Usage | undefined
  /** Tool calls that were given no arguments yet. */
  readonly silentCalls: Set<number>
  isClosed: boolean
}

function encodeEvent(event: StreamEvent, state: ChatEnvelope, context: EncoderContext): string {
  switch (event.kind) {
    case 'start':
      return state.open === undefined ? openEnvelope(event.model, state, context) : ''
    case 'text':
      return delta({ content: event.text }, state, context)
    case 'reasoning':
      // Not OpenAI's word, but the one that DeepSeek, vLLM and LiteLLM share; others ignore it.
      return delta({ reasoning_content: event.text }, state, context)
    case 'refusal':
      return delta({ refusal: event.text }, state, context)
    // Used as they are: behind a tool call nothing is ever continued, so none is used twice.
    case 'tool-call': {
      const { index, name } = event
      const id = event.id === '' ? context.createId('call_') : event.id
      const call = { index, id, type: 'function', function: { name, arguments: '' } }
      state.silentCalls.add(index)
      return delta({ tool_calls: [call] }, state, context)
    }
    case 'tool-arguments':
      state.silentCalls.delete(event.index)
      return argumentsDelta(event, state, context)
    case 'usage':
      state.usage = { ...state.usage, ...event.usage }
      return ''
    case 'terminal':
      return (
        emptyArguments(event, state, context) +
        chunk({ choices: [finishedChoice(event)] }, state, context)
      )
    case 'closing':
      return closing(state, context)
    case 'prelude':
    case 'other':
    case 'error':
    case 'malformed':
      return ''
    default:
      return event satisfies never
  }
}

function openEnvelope(model: string, state: ChatEnvelope, context: EncoderContext): string {
  state.open = {
    id: context.createId('chatcmpl-'),
    object: 'chat.completion.chunk',
    created: context.createdSeconds,
    model: model === '' ? context.request.route : model,
  }
  return delta({ role: 'assistant', content: '' }, state, context)
}

type TerminalEvent = Extract<StreamEvent, { readonly kind: 'terminal' }>

function argumentsDelta(
  { index, json }: { readonly index: number; readonly json: string },
  state: ChatEnvelope,
  context: EncoderContext,
): string {
  return delta({ tool_calls: [{ index, function: { arguments: json } }] }, state, context)
}

/** Anthropic streams none for a call without arguments, and nobody can parse an empty string. */
function emptyArguments(
  { stop }: TerminalEvent,
  state: ChatEnvelope,
  context: EncoderContext,
): string {
  // Cut off by a limit, a call may have lost the arguments that it was to have.
  if (stop !== 'end' && stop !== 'tool-calls') return ''
  const silent = [...state.silentCalls]
  return silent.map((index) => argumentsDelta({ index, json: '{}' }, state, context)).join('')
}

function finishedChoice({ stop, native }: TerminalEvent): JsonObject {
  return { index: 0, delta: {}, finish_reason: finishReasonOf(stop, native) }
}

function delta(fields: JsonObject, state: ChatEnvelope, context: EncoderContext): string {
  return chunk({ choices: [{ index: 0, delta: fields, finish_reason: null }] }, state, context)
}

function chunk(fields: JsonObject, state: ChatEnvelope, context: EncoderContext): string {
  const opening = state.open === undefined ? openEnvelope('', state, context) : ''
  return opening + frame(Object.assign({}, state.open, fields))
}

function closing(state: ChatEnvelope, context: EncoderContext): string {
  if (state.isClosed) return ''
  state.isClosed = true
  // Only for who asked: a chunk without choices breaks clients that read `choices[0]`.
  const wanted = context.request.features.includeUsage && state.usage !== undefined
  const fields = { choices: [], usage: writeChatUsage(state.usage ?? {}) }
  const usage = wanted ? chunk(fields, state, context) : ''
  return `${usage}data: [DONE]\n\n`
}

const NOTHING = new Uint8Array(0)

function pass(frame: DecodedFrame, state: ChatEnvelope, { request }: EncoderContext): Uint8Array {
  // A piece of text in an open envelope, as nearly every frame is, is none of the others.
  if (frame.events[0]?.kind === 'text' && frame.events.length === 1 && state.open) return frame.raw
  if (frame.events.some((event) => event.kind === 'closing')) state.isClosed = true
  if (state.open === undefined && frame.payload !== undefined) {
    // Azure's first chunk tells of its filters, under an empty id.
    if (stringOf(frame.payload, 'id')) state.open = envelopeOf(frame.payload)
  }
  return isUsageChunk(frame) && !request.features.includeUsage ? NOTHING : frame.raw
}

function envelopeOf(payload: JsonObject): JsonObject {
  const fingerprint = stringOf(payload, 'system_fingerprint')
  return {
    id: stringOf(payload, 'id') ?? '',
    object: 'chat.completion.chunk',
    created: numberOf(payload, 'created') ?? 0,
    model: stringOf(payload, 'model') ?? '',
    ...(fingerprint === undefined ? {} : { system_fingerprint: fingerprint }),
  }
}

/** The usage chunk that we asked for and the client did not. */
function isUsageChunk(frame: DecodedFrame): boolean {
  if (!frame.events.some((event) => event.kind === 'usage')) return false
  const payload = frame.payload ?? {}
  const choices = arrayOf(payload, 'choices') ?? []
  return choices.length === 0 && isObject(own(payload, 'usage'))
}

function frame(payload: JsonObject): string {
  return `data: ${JSON.stringify(payload)}\n\n`
}
