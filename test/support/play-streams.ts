import { createClientStream } from '../../collector/continuation/create-client-stream.ts'
import type { ClientStream, StreamAttempt } from '../../collector/continuation/client-stream.ts'
import { protocolOf } from '../../collector/protocol/index.ts'
import type { ClientRequest, StreamLimits } from '../../collector/protocol/protocol.ts'
import type { Api } from '../../collector/vocabulary.ts'

export const limits: StreamLimits = { lineBytesMax: 1 << 20, eventBytesMax: 4 << 20 }

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

export function parse(api: Api, body: object): ClientRequest {
  return parseText(api, JSON.stringify(body))
}

export function parseText(api: Api, body: string): ClientRequest {
  const parsed = protocolOf(api).parseRequest(bytesOf(body))
  if (parsed.kind === 'invalid') throw new Error(parsed.message)
  return parsed.request
}

export const chatBody = {
  model: 'route',
  stream: true,
  messages: [{ role: 'user', content: 'Tell me.' }],
}

export const messagesBody = { ...chatBody, max_tokens: 100 }

export function streamOf(request: ClientRequest, bufferBytesMax = 1 << 20): ClientStream {
  let ids = 0
  return createClientStream({
    request,
    createdSeconds: 1_700_000_000,
    nowSeconds: () => 1_700_000_009,
    createId: (prefix) => `${prefix}${(ids += 1)}`,
    bufferBytesMax,
  })
}

export interface Leg {
  readonly api: Api
  /** The upstream's body. */
  readonly body: string
  readonly attempt?: Partial<StreamAttempt>
  /** Bytes per push; the whole body at once where absent. */
  readonly split?: readonly number[]
}

export interface Played {
  readonly text: string
  readonly diverged?: string
  readonly stream: ClientStream
}

/** Plays upstream bodies one after the other into one client's stream, as the run loop does. */
export function play(
  request: ClientRequest,
  legs: readonly Leg[],
  bufferBytesMax?: number,
): Played {
  const stream = streamOf(request, bufferBytesMax)
  let text = ''
  for (const [index, leg] of legs.entries()) {
    stream.startAttempt(
      {
        number: index + 1,
        targetApi: leg.api,
        model: `model-${index + 1}`,
        strategy: index === 0 ? 'restart' : 'user_turn',
        requireAnchor: false,
        ...leg.attempt,
      },
      0,
    )
    const decoder = protocolOf(leg.api).createDecoder(limits, request.features.n)
    const frames = [
      ...pieces(bytesOf(leg.body), leg.split).flatMap((piece) => decoder.push(piece)),
      ...decoder.end(),
    ]
    for (const frame of frames) {
      const step = stream.accept(frame, 0)
      if (step.kind === 'write') text += textOf(step.bytes)
      if (step.kind === 'diverged') return { text, diverged: step.detail, stream }
    }
  }
  text += textOf(stream.finish(0).bytes)
  return { text, stream }
}

export function pieces(bytes: Uint8Array, split: readonly number[] = []): readonly Uint8Array[] {
  const cuts = [0, ...split, bytes.length]
  return cuts.slice(1).map((cut, index) => bytes.slice(cuts[index], cut))
}

export function chatFrame(delta: object, finish: string | null = null, extra: object = {}): string {
  return `data: ${JSON.stringify({
    id: 'chatcmpl-a',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'served',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...extra,
  })}\n\n`
}

export function chatStream(texts: readonly string[], finish: string | null = 'stop'): string {
  const role = chatFrame({ role: 'assistant', content: '' })
  const content = texts.map((content) => chatFrame({ content })).join('')
  return role + content + (finish === null ? '' : `${chatFrame({}, finish)}data: [DONE]\n\n`)
}

export function messagesFrame(payload: {
  readonly type: string
  readonly [key: string]: unknown
}): string {
  return `event: ${payload.type}\ndata: ${JSON.stringify(payload)}\n\n`
}

/** The head of a Messages stream: everything before the first content. */
export function messagesPrelude(): string {
  const usage = { input_tokens: 10, cache_read_input_tokens: 2, output_tokens: 1 }
  const message = {
    id: 'msg_a',
    type: 'message',
    role: 'assistant',
    model: 'claude-served',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
  return (
    messagesFrame({ type: 'message_start', message }) +
    messagesFrame({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'text', text: '' },
    }) +
    messagesFrame({ type: 'ping' })
  )
}

export function messagesText(text: string, index = 0): string {
  return messagesFrame({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })
}

export function messagesStream(texts: readonly string[], stop: string | null = 'end_turn'): string {
  const content = messagesPrelude() + texts.map((text) => messagesText(text)).join('')
  if (stop === null) return content
  return (
    content +
    messagesFrame({ type: 'content_block_stop', index: 0 }) +
    messagesFrame({
      type: 'message_delta',
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: 7 },
    }) +
    messagesFrame({ type: 'message_stop' })
  )
}

/** One message item, as OpenAI streams it; cut behind its last delta where `status` is null. */
export function responsesStream(
  texts: readonly string[],
  status: 'completed' | 'incomplete' | null = 'completed',
): string {
  const at = { item_id: 'msg_upstream', output_index: 0, content_index: 0 }
  const text = texts.join('')
  const item = (state: string, content: readonly object[]): object => ({
    id: at.item_id,
    type: 'message',
    status: state,
    role: 'assistant',
    content,
  })
  const response = {
    id: 'resp_upstream',
    object: 'response',
    created_at: 1,
    status: 'in_progress',
    model: 'responses-served',
    output: [],
    error: null,
    incomplete_details: null,
    usage: null,
  }
  const begun = [
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
    { type: 'response.content_part.added', ...at, part: outputText('') },
    ...texts.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
  ]
  const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18 }
  const output = [item(status ?? '', [outputText(text)])]
  const reason = status === 'incomplete' ? { reason: 'max_output_tokens' } : null
  const ended = { ...response, status, output, usage, incomplete_details: reason }
  const ending = [
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: outputText(text) },
    { type: 'response.output_item.done', output_index: 0, item: output[0] },
    { type: `response.${status ?? ''}`, response: ended },
  ]
  return [...begun, ...(status === null ? [] : ending)]
    .map((event, index) => messagesFrame({ ...event, sequence_number: index }))
    .join('')
}

function outputText(text: string): object {
  return { type: 'output_text', text, annotations: [] }
}

/** A body of any protocol that says these texts. */
export function bodyOf(api: Api, texts: readonly string[], isCut = false): string {
  switch (api) {
    case 'chat':
      return chatStream(texts, isCut ? null : 'stop')
    case 'messages':
      return messagesStream(texts, isCut ? null : 'end_turn')
    case 'responses':
      return responsesStream(texts, isCut ? null : 'completed')
    default:
      return api satisfies never
  }
}

export const responsesBody = {
  model: 'route',
  stream: true,
  input: [{ role: 'user', content: 'Tell me.' }],
}

export const clientBodies = { chat: chatBody, messages: messagesBody, responses: responsesBody }
