import type { ErrorShape, FinishReason, ProviderError } from '../script.ts'
import {
  flatError,
  frame,
  halfOf,
  isRecord,
  lengthOf,
  numberOf,
  stringOf,
  turnsOf,
  type Answer,
  type Encoder,
  type Protocol,
} from './protocol.ts'

/** OpenAI Chat Completions: unnamed frames, a role chunk first, `[DONE]` last. */
export const chat: Protocol = {
  name: 'chat',
  path: '/chat/completions',
  parse: (body) => ({
    model: stringOf(body['model']),
    stream: body['stream'] === true,
    turns: turnsOf(body['messages']),
    includeUsage:
      isRecord(body['stream_options']) && body['stream_options']['include_usage'] === true,
    maxTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    tools: lengthOf(body['tools']),
  }),
  errorBody: (_status, error) => errorObject(error),
  encoder,
}

const FINISH: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
}

function encoder(answer: Answer): Encoder {
  let words = 0
  const envelope = {
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion.chunk',
    created: answer.createdS,
    model: answer.model,
    system_fingerprint: null,
  }
  const unused = answer.includeUsage ? { usage: null } : {}
  const chunk = (delta: unknown, finishReason: string | null = null): string =>
    frame({
      ...envelope,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...unused,
    })
  return {
    prelude: () => chunk({ role: 'assistant', content: '', refusal: null }),
    words: (text) => {
      words += 1
      return chunk({ content: text })
    },
    toolCall: (part) => {
      const { id, name } = answer.tool
      const first = { index: 0, id, type: 'function', function: { name, arguments: '' } }
      const rest = { index: 0, function: { arguments: argumentsOf(answer, part) } }
      return chunk({ tool_calls: [first] }) + chunk({ tool_calls: [rest] })
    },
    error: (error, shape) => errorFrame(error, { shape, envelope }),
    malformed: () => 'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":\n\n',
    terminal: (reason) => {
      const last = chunk({}, FINISH[reason])
      const usage = { ...envelope, choices: [], usage: usageOf(answer, words) }
      return answer.includeUsage ? last + frame(usage) : last
    },
    closingFrame: () => frame('[DONE]'),
    body: (said) => ({
      ...envelope,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: said.toolCall ? null : said.text,
            refusal: null,
            ...(said.toolCall ? { tool_calls: [wholeCall(answer)] } : {}),
          },
          logprobs: null,
          finish_reason: FINISH[said.reason],
        },
      ],
      usage: usageOf(answer, said.words),
    }),
  }
}

/** Without a name, as OpenAI sends it; OpenRouter's stands beside `choices`. */
function errorFrame(
  error: ProviderError,
  { shape = 'unnamed', envelope }: { shape: ErrorShape | undefined; envelope: object },
): string {
  switch (shape) {
    case 'unnamed':
      return frame(errorObject(error))
    case 'nested':
      return frame(errorObject(error), 'error')
    case 'flat':
      return flatError(error)
    case 'in-answer': {
      const choices = [{ index: 0, delta: { content: '' }, finish_reason: 'error' }]
      return frame({ ...envelope, error, choices })
    }
  }
}

function errorObject(error: ProviderError): unknown {
  return { error: { message: error.message, type: error.type, param: null, code: error.code } }
}

function wholeCall(answer: Answer): unknown {
  const { id, name } = answer.tool
  return { id, type: 'function', function: { name, arguments: answer.tool.arguments } }
}

function argumentsOf(answer: Answer, part: 'half' | 'whole'): string {
  return part === 'whole' ? answer.tool.arguments : halfOf(answer.tool.arguments)
}

function usageOf(answer: Answer, words: number): unknown {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: words,
    total_tokens: answer.inputTokens + words,
  }
}
