import type { JsonObject, JsonValue } from '../json.ts'
import type { Item, MessageItem, Part, ToolResult } from './conversation.ts'
import { urlOfSource } from './inline-data.ts'
import { fitToolId, RESPONSES_TOOL_ID } from '../tool-id.ts'
import type { TranslationNotes } from './translation-notes.ts'

/** Items as Responses' input items, without ids: those name what OpenAI has stored. */
export function writeResponsesInput(
  items: readonly Item[],
  notes: TranslationNotes,
): readonly JsonObject[] {
  return items.flatMap((item) => {
    switch (item.kind) {
      case 'message':
        return item.parts.length === 0 ? [] : [writeMessage(item, notes)]
      case 'tool-call': {
        const { id, name, json } = item
        const call = { call_id: fitToolId(id, RESPONSES_TOOL_ID), name, arguments: json || '{}' }
        return [{ type: 'function_call', ...call }]
      }
      case 'tool-result':
        return [writeResult(item, notes)]
      default:
        return item satisfies never
    }
  })
}

function writeMessage({ role, parts }: MessageItem, notes: TranslationNotes): JsonObject {
  if (role === 'assistant') {
    const content = parts.map((part) => writeOutputPart(part, notes))
    return { type: 'message', role, content }
  }
  return { type: 'message', role, content: writeInput(parts, notes) }
}

function writeResult(
  { id, isError, parts, cacheControl }: ToolResult,
  notes: TranslationNotes,
): JsonObject {
  notes.dropSaid(cacheControl)
  // Responses has no field that says that a tool failed.
  const said: readonly Part[] = isError ? failed(parts) : parts
  const output = said.length === 0 ? '' : writeInput(said, notes)
  return { type: 'function_call_output', call_id: fitToolId(id, RESPONSES_TOOL_ID), output }
}

function failed([first, ...rest]: readonly Part[]): readonly Part[] {
  const prefix = 'Error: '
  if (first?.kind === 'text') return [{ ...first, text: prefix + first.text }, ...rest]
  const said: Part = { kind: 'text', text: prefix, cacheControl: undefined }
  return first === undefined ? [said] : [said, first, ...rest]
}

/** One text is a string: the shape that everybody reads. */
function writeInput(parts: readonly Part[], notes: TranslationNotes): JsonValue {
  const [only] = parts
  const written = parts.map((part) => writeInputPart(part, notes))
  return parts.length === 1 && only?.kind === 'text' ? only.text : written
}

function writeInputPart(part: Part, notes: TranslationNotes): JsonObject {
  if ('cacheControl' in part) notes.dropSaid(part.cacheControl)
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text }
    case 'image': {
      const url = urlOfSource(part.source)
      return { type: 'input_image', image_url: url, detail: part.detail?.value ?? 'auto' }
    }
    case 'document': {
      const { source, name } = part
      const url = urlOfSource(source)
      if (source.kind === 'url') return { type: 'input_file', file_url: url }
      return { type: 'input_file', filename: name ?? 'document.pdf', file_data: url }
    }
    default:
      return part satisfies never
  }
}

function writeOutputPart(part: Part, notes: TranslationNotes): JsonObject {
  switch (part.kind) {
    case 'text':
      notes.dropSaid(part.cacheControl)
      return { type: 'output_text', text: part.text, annotations: [] }
    case 'refusal':
      return { type: 'refusal', refusal: part.text }
    case 'image':
    case 'document':
      notes.refuse(part.field, 'the model can say only text in Responses')
      return { type: 'output_text', text: '', annotations: [] }
    default:
      return part satisfies never
  }
}
