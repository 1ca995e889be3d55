import type { ErrorShape, FinishReason, ProviderError } from '../script.ts'
import {
  flatError,
  frame,
  halfOf,
  lengthOf,
  numberOf,
  stringOf,
  turnsOf,
  type Answer,
  type Encoder,
  type Protocol,
} from './protocol.ts'

/** Anthropic Messages: every frame is named, blocks open and close, usage is cumulative. */
export const messages: Protocol = {
  name: 'messages',
  path: '/messages',
  parse: (body) => ({
    model: stringOf(body['model']),
    stream: body['stream'] === true,
    turns: turnsOf(body['messages']),
    includeUsage: true,
    maxTokens: numberOf(body['max_tokens']),
    tools: lengthOf(body['tools']),
  }),
  errorBody: (_status, error) => ({ ...errorObject(error), request_id: 'req_demo' }),
  encoder,
}

const STOP_REASON: Record<FinishReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
}

function encoder(answer: Answer): Encoder {
  let words = 0
  let openBlock: 'text' | 'tool' | undefined
  let index = -1
  const closeBlock = (): string => {
    if (!openBlock) return ''
    openBlock = undefined
    return named({ type: 'content_block_stop', index })
  }
  const openNext = (kind: 'text' | 'tool', block: unknown): string => {
    const closed = closeBlock()
    openBlock = kind
    index += 1
    return closed + named({ type: 'content_block_start', index, content_block: block })
  }
  const delta = (change: unknown): string =>
    named({ type: 'content_block_delta', index, delta: change })
  return {
    prelude: () =>
      named({ type: 'message_start', message: envelope(answer, [], null) }) +
      named({ type: 'ping' }),
    words: (text) => {
      words += 1
      const opened = openBlock === 'text' ? '' : openNext('text', { type: 'text', text: '' })
      return opened + delta({ type: 'text_delta', text })
    },
    toolCall: (part) => {
      const { id, name, arguments: json } = answer.tool
      const opened = openNext('tool', { type: 'tool_use', id, name, input: {} })
      const partial = part === 'whole' ? json : halfOf(json)
      return opened + delta({ type: 'input_json_delta', partial_json: partial })
    },
    error: (error, shape) => errorFrame(error, shape),
    malformed: () =>
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,\n\n`,
    terminal: (reason) =>
      closeBlock() +
      named({
        type: 'message_delta',
        delta: { stop_reason: STOP_REASON[reason], stop_sequence: null },
        usage: { output_tokens: words },
      }),
    closingFrame: () => named({ type: 'message_stop' }),
    body: (said) => ({
      ...envelope(answer, said.toolCall ? [toolUse(answer)] : textBlocks(said.text), said.reason),
      usage: { input_tokens: answer.inputTokens, output_tokens: said.words },
    }),
  }
}

function named(event: { readonly type: string; readonly [key: string]: unknown }): string {
  return frame(event, event.type)
}

function envelope(answer: Answer, content: readonly unknown[], reason: FinishReason | null) {
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    stop_reason: reason === null ? null : STOP_REASON[reason],
    stop_sequence: null,
    usage: { input_tokens: answer.inputTokens, output_tokens: 1 },
  }
}

function textBlocks(text: string): readonly unknown[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

function toolUse(answer: Answer): unknown {
  const input: unknown = JSON.parse(answer.tool.arguments)
  return { type: 'tool_use', id: answer.tool.id, name: answer.tool.name, input }
}

function errorFrame(error: ProviderError, shape: ErrorShape | undefined): string {
  if (shape === 'flat') return flatError(error)
  return shape === 'unnamed' ? frame(errorObject(error)) : frame(errorObject(error), 'error')
}

function errorObject(error: ProviderError) {
  return { type: 'error', error: { type: error.type, message: error.message } }
}
