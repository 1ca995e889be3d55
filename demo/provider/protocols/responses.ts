import type { ProviderError } from '../script.ts'
import {
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

/** OpenAI Responses: items and parts, consecutive sequence numbers, whole texts at the end. */
export const responses: Protocol = {
  name: 'responses',
  path: '/responses',
  parse: (body) => ({
    model: stringOf(body['model']),
    stream: body['stream'] === true,
    turns:
      typeof body['input'] === 'string'
        ? [{ role: 'user', text: body['input'] }]
        : turnsOf(body['input']),
    includeUsage: true,
    maxTokens: numberOf(body['max_output_tokens']),
    tools: lengthOf(body['tools']),
  }),
  errorBody: (_status, error) => ({ error: { ...errorFields(error), param: null } }),
  encoder,
}

function encoder(answer: Answer): Encoder {
  let sequence = 0
  let text = ''
  let words = 0
  let called = false
  const event = (type: string, fields: Readonly<Record<string, unknown>>): string => {
    const written = frame({ type, sequence_number: sequence, ...fields }, type)
    sequence += 1
    return written
  }
  const at = { item_id: messageId(answer), output_index: 0, content_index: 0 }
  const openText = (): string =>
    event('response.output_item.added', {
      output_index: 0,
      item: messageItem(answer, [], 'in_progress'),
    }) + event('response.content_part.added', { ...at, part: textPart('') })
  const closeText = (): string =>
    event('response.output_text.done', { ...at, text, logprobs: [] }) +
    event('response.content_part.done', { ...at, part: textPart(text) }) +
    event('response.output_item.done', {
      output_index: 0,
      item: messageItem(answer, [textPart(text)], 'completed'),
    })
  return {
    prelude: () => {
      const response = responseObject(answer, { status: 'in_progress', output: [], words: null })
      return event('response.created', { response }) + event('response.in_progress', { response })
    },
    words: (piece) => {
      const opened = words === 0 ? openText() : ''
      text += piece
      words += 1
      return opened + event('response.output_text.delta', { ...at, delta: piece, logprobs: [] })
    },
    toolCall: (part) => {
      called = part === 'whole'
      return functionCall(answer, part, event)
    },
    error: (error, shape) => {
      const { message, ...fields } = errorFields(error)
      const nested = { error: { ...fields, message, param: null } }
      if (shape === 'flat') return event('error', { code: error.code ?? error.type, message })
      if (shape === 'unnamed') return frame({ type: 'error', sequence_number: sequence, ...nested })
      if (shape !== 'in-answer') return event('error', nested)
      const failed = { status: 'failed', output: [], words: null } as const
      const response = responseObject(answer, failed)
      return event('response.failed', {
        response: { ...response, error: { code: error.code ?? error.type, message } },
      })
    },
    malformed: () =>
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":\n\n',
    terminal: (reason) => {
      const closed = words === 0 ? '' : closeText()
      const status = reason === 'length' ? 'incomplete' : 'completed'
      const output = outputOf(answer, text, called)
      const response = responseObject(answer, { status, output, words })
      return closed + event(`response.${status}`, { response })
    },
    closingFrame: () => '',
    body: (said) =>
      responseObject(answer, {
        status: said.reason === 'length' ? 'incomplete' : 'completed',
        output: outputOf(answer, said.text, said.toolCall),
        words: said.words,
      }),
  }
}

function functionCall(
  answer: Answer,
  part: 'half' | 'whole',
  event: (type: string, fields: Readonly<Record<string, unknown>>) => string,
): string {
  const json = answer.tool.arguments
  const at = { item_id: callId(answer), output_index: 0 }
  const begun =
    event('response.output_item.added', {
      output_index: 0,
      item: callItem(answer, '', 'in_progress'),
    }) +
    event('response.function_call_arguments.delta', {
      ...at,
      delta: part === 'whole' ? json : halfOf(json),
    })
  if (part === 'half') return begun
  return (
    begun +
    event('response.function_call_arguments.done', {
      ...at,
      name: answer.tool.name,
      arguments: json,
    }) +
    event('response.output_item.done', {
      output_index: 0,
      item: callItem(answer, json, 'completed'),
    })
  )
}

interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly output: readonly unknown[]
  /** `null`: usage is told only at the end. */
  readonly words: number | null
}

function responseObject(answer: Answer, state: ResponseState): object {
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: answer.createdS,
    status: state.status,
    error: null,
    incomplete_details: state.status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    metadata: {},
    model: answer.model,
    output: state.output,
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    usage:
      state.words === null
        ? null
        : {
            input_tokens: answer.inputTokens,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: state.words,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: answer.inputTokens + state.words,
          },
  }
}

function outputOf(answer: Answer, text: string, called: boolean): readonly unknown[] {
  if (called) return [callItem(answer, answer.tool.arguments, 'completed')]
  return text === '' ? [] : [messageItem(answer, [textPart(text)], 'completed')]
}

function messageItem(answer: Answer, content: readonly unknown[], status: string): unknown {
  return { id: messageId(answer), type: 'message', role: 'assistant', status, content }
}

function callItem(answer: Answer, json: string, status: string): unknown {
  return {
    id: callId(answer),
    type: 'function_call',
    call_id: answer.tool.id,
    name: answer.tool.name,
    arguments: json,
    status,
  }
}

function textPart(text: string): unknown {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function messageId(answer: Answer): string {
  return `msg_${answer.id}`
}

function callId(answer: Answer): string {
  return `fc_${answer.id}`
}

function errorFields(error: ProviderError): { type: string; code: string | null; message: string } {
  return { type: error.type, code: error.code, message: error.message }
}
