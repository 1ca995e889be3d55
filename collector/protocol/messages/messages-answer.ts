import { arrayOf, isObject, objectOf, own, parseJson, stringOf, toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type {
  AnswerPart,
  AnswerResult,
  DecodedAnswer,
  EncodedAnswer,
  EncoderContext,
} from '../protocol.ts'
import { fitToolId, MESSAGES_TOOL_ID } from '../tool-id.ts'
import { malformed, parseAnswer } from '../parse-answer.ts'
import { unsayableAnswer } from '../unsayable-answer.ts'
import { readErrorObject } from '../read-error.ts'
import { MessagesUsage, writeMessagesUsage } from './messages-usage.ts'
import { stopOfStopReason, stopReasonOf } from './stop-reason.ts'

/** A Messages answer in one piece. */
export function decodeMessagesAnswer(body: Uint8Array): AnswerResult {
  const parsed = parseAnswer(body)
  if (parsed.kind === 'malformed') return parsed
  const { answer } = parsed
  if (own(answer, 'type') === 'error' || isObject(own(answer, 'error'))) {
    return { kind: 'error', error: readErrorObject(answer) }
  }
  const content = arrayOf(answer, 'content')
  if (content === undefined) return malformed('the answer has no content')
  const native = stringOf(answer, 'stop_reason')
  if (native === undefined) return { kind: 'unfinished' }
  const usage = objectOf(answer, 'usage')
  return {
    kind: 'answer',
    answer: {
      id: stringOf(answer, 'id') ?? '',
      model: stringOf(answer, 'model') ?? '',
      parts: content.filter(isObject).flatMap(readPart),
      stop: { native, stop: stopOfStopReason(native) },
      ...(usage === undefined ? {} : { usage: new MessagesUsage().update(usage) }),
    },
  }
}

function readPart(block: JsonObject): readonly AnswerPart[] {
  switch (stringOf(block, 'type')) {
    case 'text':
      return textPart('text', stringOf(block, 'text'))
    case 'thinking':
      return textPart('reasoning', stringOf(block, 'thinking'))
    case 'tool_use':
      return [
        {
          kind: 'tool-call',
          id: stringOf(block, 'id') ?? '',
          name: stringOf(block, 'name') ?? '',
          json: JSON.stringify(objectOf(block, 'input') ?? {}),
        },
      ]
    case 'redacted_thinking':
    case 'fallback':
      // They show nobody anything.
      return []
    case undefined:
    default:
      return [{ kind: 'other', type: stringOf(block, 'type') ?? 'a block without a type' }]
  }
}

function textPart(kind: 'text' | 'reasoning', text: string | undefined): readonly AnswerPart[] {
  return text === undefined || text === '' ? [] : [{ kind, text }]
}

/** An answer of another protocol, said as a Messages answer. */
export function encodeMessagesAnswer(
  answer: DecodedAnswer,
  context: EncoderContext,
): EncodedAnswer {
  const detail = unsayableAnswer('messages', answer)
  if (detail !== undefined) return { kind: 'not-translatable', detail }
  const content: JsonObject[] = []
  for (const part of answer.parts) {
    const block = writePart(part, context)
    if (block === 'broken-arguments') {
      return { kind: 'not-translatable', detail: 'a tool call whose arguments are no JSON object' }
    }
    if (block !== undefined) content.push(block)
  }
  const isRefusal = answer.parts.some((part) => part.kind === 'refusal')
  const stop = stopReasonOf(answer.stop.stop, answer.stop.native)
  const body = {
    id: context.createId('msg_'),
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    stop_reason: isRefusal ? 'refusal' : stop,
    stop_sequence: null,
    usage: { input_tokens: 0, ...writeMessagesUsage(answer.usage ?? {}) },
  }
  return { kind: 'encoded', bytes: toBytes(JSON.stringify(body)) }
}

function writePart(
  part: AnswerPart,
  context: EncoderContext,
): JsonObject | 'broken-arguments' | undefined {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'other':
      // Refused before anything is written.
      return undefined
    case 'reasoning':
      // Without Anthropic's signature it would break the client's next turn.
      return undefined
    case 'tool-call': {
      const input = parseJson(part.json === '' ? '{}' : part.json)
      // Never repaired: an empty input in place of a cut one is a call that nobody made.
      if (input.kind === 'invalid' || !isObject(input.value)) return 'broken-arguments'
      const id = part.id === '' ? context.createId('toolu_') : fitToolId(part.id, MESSAGES_TOOL_ID)
      return { type: 'tool_use', id, name: part.name, input: input.value }
    }
    default:
      return part satisfies never
  }
}
