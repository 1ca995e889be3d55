import type {
  AnswerPart,
  AnswerResult,
  DecodedAnswer,
  EncodedAnswer,
  EncoderContext,
} from '../protocol.ts'
import { malformed, parseAnswer } from '../parse-answer.ts'
import { unsayableAnswer } from '../unsayable-answer.ts'
import { arrayOf, isArray, isObject, objectOf, own, stringOf, toBytes } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { readErrorObject } from '../read-error.ts'
import { readChatUsage, writeChatUsage } from './chat-usage.ts'
import { finishReasonOf, isErrorFinish, stopOfFinishReason } from './finish-reason.ts'

/** A Chat Completions answer in one piece. */
export function decodeChatAnswer(body: Uint8Array): AnswerResult {
  const parsed = parseAnswer(body)
  if (parsed.kind === 'malformed') return parsed
  const { answer } = parsed
  if (own(answer, 'error') || stringOf(answer, 'object') === 'error') {
    return { kind: 'error', error: readErrorObject(answer) }
  }
  const choices = arrayOf(answer, 'choices') ?? []
  const [choice] = choices
  if (!isObject(choice)) return malformed('the answer has no choices')
  const reasons = choices.map((one) => (isObject(one) ? stringOf(one, 'finish_reason') : undefined))
  const failed = reasons.find((reason) => reason !== undefined && isErrorFinish(reason))
  if (failed !== undefined) {
    return { kind: 'error', error: { message: `finish_reason "${failed}"`, type: failed } }
  }
  const [native] = reasons
  if (!native || !reasons.every(Boolean)) return { kind: 'unfinished' }
  const usage = objectOf(answer, 'usage')
  return {
    kind: 'answer',
    answer: {
      id: stringOf(answer, 'id') ?? '',
      model: stringOf(answer, 'model') ?? '',
      parts: [...readParts(objectOf(choice, 'message') ?? {})],
      stop: { native, stop: stopOfFinishReason(native) },
      ...(usage === undefined ? {} : { usage: readChatUsage(usage) }),
    },
  }
}

function* readParts(message: JsonObject): Generator<AnswerPart> {
  const reasoning = stringOf(message, 'reasoning_content') ?? stringOf(message, 'reasoning')
  if (reasoning !== undefined && reasoning !== '') yield { kind: 'reasoning', text: reasoning }
  const content = own(message, 'content')
  if (typeof content === 'string' && content !== '') yield { kind: 'text', text: content }
  if (isArray(content)) {
    for (const part of content) {
      const text = isObject(part) ? stringOf(part, 'text') : undefined
      if (text === undefined) yield other(part, 'a part without text')
      else if (text !== '') yield { kind: 'text', text }
    }
  }
  const refusal = stringOf(message, 'refusal')
  if (refusal !== undefined && refusal !== '') yield { kind: 'refusal', text: refusal }
  if (isObject(own(message, 'audio'))) yield { kind: 'other', type: 'audio' }
  for (const call of arrayOf(message, 'tool_calls') ?? []) {
    const body = isObject(call) ? objectOf(call, 'function') : undefined
    // A freeform call's input is no JSON: said as a function's it would be another call.
    if (!isObject(call) || body === undefined) yield other(call, 'a call of no function')
    else yield readCall(body, stringOf(call, 'id') ?? '')
  }
  // What OpenAI had before `tool_calls`, and some servers still answer with.
  const legacy = objectOf(message, 'function_call')
  if (legacy !== undefined) yield readCall(legacy, '')
}

function readCall(body: JsonObject, id: string): AnswerPart {
  const name = stringOf(body, 'name') ?? ''
  return { kind: 'tool-call', id, name, json: stringOf(body, 'arguments') ?? '' }
}

function other(part: JsonValue, unnamed: string): AnswerPart {
  const type = isObject(part) ? stringOf(part, 'type') : undefined
  return { kind: 'other', type: type ?? unnamed }
}

/** An answer of another protocol, said as a Chat Completions answer. */
export function encodeChatAnswer(answer: DecodedAnswer, context: EncoderContext): EncodedAnswer {
  const detail = unsayableAnswer('chat', answer)
  if (detail !== undefined) return { kind: 'not-translatable', detail }
  const texts = (kind: 'text' | 'reasoning' | 'refusal'): string =>
    answer.parts.map((part) => (part.kind === kind ? part.text : '')).join('')
  const calls = answer.parts.flatMap((part) =>
    part.kind === 'tool-call'
      ? [toolCall(part.id === '' ? context.createId('call_') : part.id, part)]
      : [],
  )
  const text = texts('text')
  const reasoning = texts('reasoning')
  const refusal = texts('refusal')
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
  const { stop, usage } = answer
  const finishReason = finishReasonOf(stop.stop, stop.native)
  const body = {
    id: context.createId('chatcmpl-'),
    object: 'chat.completion',
    created: context.createdSeconds,
    model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    ...(usage === undefined ? {} : { usage: writeChatUsage(usage) }),
  }
  return { kind: 'encoded', bytes: toBytes(JSON.stringify(body)) }
}

function toolCall(
  id: string,
  { name, json }: Extract<AnswerPart, { kind: 'tool-call' }>,
): JsonObject {
  return { id, type: 'function', function: { name, arguments: json || '{}' } }
}
