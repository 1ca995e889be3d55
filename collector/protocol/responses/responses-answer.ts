import { arrayOf, isObject, objectOf, own, stringOf, toBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type {
  AnswerPart,
  AnswerResult,
  DecodedAnswer,
  EncodedAnswer,
  EncoderContext,
} from '../protocol.ts'
import { readErrorObject } from '../read-error.ts'
import { fitToolId, RESPONSES_TOOL_ID } from '../tool-id.ts'
import { malformed, parseAnswer } from '../parse-answer.ts'
import { unsayableAnswer } from '../unsayable-answer.ts'
import { OWN_REASONING_PREFIX } from './own-reasoning.ts'
import { openResponse } from './response-echo.ts'
import { stopOfResponse, writeStop } from './response-status.ts'
import { readResponsesUsage, writeResponsesUsage } from './responses-usage.ts'

/** A Response in one piece. */
export function decodeResponsesAnswer(body: Uint8Array): AnswerResult {
  const parsed = parseAnswer(body)
  if (parsed.kind === 'malformed') return parsed
  const { answer } = parsed
  if (own(answer, 'error') || stringOf(answer, 'object') === 'error') {
    return { kind: 'error', error: readErrorObject(answer) }
  }
  const status = stringOf(answer, 'status')
  if (status === 'failed' || status === 'cancelled') {
    return { kind: 'error', error: { message: `the response ended as ${status}`, type: status } }
  }
  const output = arrayOf(answer, 'output')
  if (output === undefined) return malformed('the answer has no output')
  const parts = output.filter(isObject).flatMap(readItem)
  const stop = stopOfResponse(
    answer,
    parts.some((part) => part.kind === 'tool-call'),
  )
  if (stop === undefined) return { kind: 'unfinished' }
  const usage = objectOf(answer, 'usage')
  return {
    kind: 'answer',
    answer: {
      id: stringOf(answer, 'id') ?? '',
      model: stringOf(answer, 'model') ?? '',
      parts,
      stop,
      ...(usage === undefined ? {} : { usage: readResponsesUsage(usage) }),
    },
  }
}

function readItem(item: JsonObject): readonly AnswerPart[] {
  switch (stringOf(item, 'type')) {
    case 'message':
      return readParts(item, 'content')
    case 'reasoning':
      return [...readParts(item, 'summary'), ...readParts(item, 'content')]
    case 'function_call':
      return [readCall(item, stringOf(item, 'arguments'))]
    case undefined:
    default:
      // A freeform call's input is no JSON, and what ran at the provider is not the client's.
      return [{ kind: 'other', type: stringOf(item, 'type') ?? 'an item without a type' }]
  }
}

function readCall(item: JsonObject, json: string | undefined): AnswerPart {
  return {
    kind: 'tool-call',
    id: stringOf(item, 'call_id') ?? '',
    name: stringOf(item, 'name') ?? '',
    json: json ?? '',
  }
}

const PART_KINDS: ReadonlyMap<string, 'text' | 'reasoning' | 'refusal'> = new Map([
  ['output_text', 'text'],
  ['text', 'text'],
  ['refusal', 'refusal'],
  ['reasoning_text', 'reasoning'],
  ['summary_text', 'reasoning'],
])

function readParts(item: JsonObject, list: 'content' | 'summary'): readonly AnswerPart[] {
  return (arrayOf(item, list) ?? []).filter(isObject).flatMap((part) => {
    const kind = PART_KINDS.get(stringOf(part, 'type') ?? '')
    const text = stringOf(part, kind === 'refusal' ? 'refusal' : 'text')
    return kind === undefined || text === undefined || text === '' ? [] : [{ kind, text }]
  })
}

/** An answer of another protocol, said as a Response. */
export function encodeResponsesAnswer(
  answer: DecodedAnswer,
  context: EncoderContext,
): EncodedAnswer {
  const detail = unsayableAnswer('responses', answer)
  if (detail !== undefined) return { kind: 'not-translatable', detail }
  const { createId, createdSeconds, nowSeconds, request } = context
  const head = { id: createId('resp_'), createdSeconds, model: answer.model }
  const fields = writeStop(answer.stop, nowSeconds)
  const body = {
    ...openResponse(request.body, head),
    ...fields,
    output: writeItems(answer.parts, context, fields.status),
    usage: writeResponsesUsage(answer.usage ?? {}),
  }
  return { kind: 'encoded', bytes: toBytes(JSON.stringify(body)) }
}

function writeItems(
  parts: readonly AnswerPart[],
  { createId }: EncoderContext,
  status: string,
): readonly JsonObject[] {
  const items: JsonObject[] = []
  let content: JsonObject[] | undefined
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        if (content === undefined) {
          content = []
          items.push({ id: createId('msg_'), type: 'message', status, role: 'assistant', content })
        }
        content.push(writePart(part.kind, part.text))
        break
      case 'reasoning':
        content = undefined
        items.push({
          id: createId(OWN_REASONING_PREFIX),
          type: 'reasoning',
          status,
          summary: [],
          content: [{ type: 'reasoning_text', text: part.text }],
        })
        break
      case 'tool-call':
        content = undefined
        items.push({
          id: createId('fc_'),
          type: 'function_call',
          status,
          call_id: part.id === '' ? createId('call_') : fitToolId(part.id, RESPONSES_TOOL_ID),
          name: part.name,
          arguments: part.json === '' ? '{}' : part.json,
        })
        break
      case 'other':
        // Refused before anything is written.
        break
      default:
        part satisfies never
    }
  }
  return items
}

function writePart(kind: 'text' | 'refusal', text: string): JsonObject {
  if (kind === 'refusal') return { type: 'refusal', refusal: text }
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}
