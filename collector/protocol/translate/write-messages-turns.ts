import { isObject, parseJson } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { Item, MessageItem, Part, Said, ToolCall, ToolResult } from './conversation.ts'
import { urlOfSource } from './inline-data.ts'
import { fitToolId, MESSAGES_TOOL_ID } from '../tool-id.ts'
import type { TranslationNotes } from './translation-notes.ts'

export interface MessagesTurns {
  /** System and developer messages, wherever they stood: Anthropic has one place for them. */
  readonly system: readonly JsonObject[]
  readonly messages: readonly JsonObject[]
}

interface Turn {
  readonly role: 'user' | 'assistant'
  /** Anthropic demands them before everything else in the user's turn. */
  readonly results: JsonObject[]
  readonly blocks: JsonObject[]
}

/**
 * Items as Anthropic's turns. Tool results become the first blocks of the user turn that follows,
 * and neighbours of one role one turn: Anthropic demands the one and does the other.
 */
export function writeMessagesTurns(items: readonly Item[], notes: TranslationNotes): MessagesTurns {
  const system: JsonObject[] = []
  const turns: Turn[] = []
  for (const item of items) {
    switch (item.kind) {
      case 'message':
        addMessage(item, { system, turns, notes })
        break
      case 'tool-call':
        turnOf(turns, 'assistant').blocks.push(writeToolCall(item, notes))
        break
      case 'tool-result':
        turnOf(turns, 'user').results.push(writeToolResult(item, notes))
        break
      default:
        item satisfies never
    }
  }
  const messages = turns.map(({ role, results, blocks }) => ({
    role,
    content: [...results, ...blocks],
  }))
  return { system, messages }
}

interface Written {
  readonly system: JsonObject[]
  readonly turns: Turn[]
  readonly notes: TranslationNotes
}

function addMessage({ role, parts }: MessageItem, { system, turns, notes }: Written): void {
  const blocks = writeParts(parts, notes)
  // Anthropic refuses turns without content; Chat's clients send them around tool calls.
  if (blocks.length === 0) return
  const isSystem = role === 'system' || role === 'developer'
  const list = isSystem ? system : turnOf(turns, role).blocks
  // One by one: a list of a hundred thousand parts is more than a call takes as its arguments.
  for (const block of blocks) list.push(block)
}

function turnOf(turns: Turn[], role: Turn['role']): Turn {
  const last = turns.at(-1)
  if (last?.role === role) return last
  const turn = { role, results: [], blocks: [] }
  turns.push(turn)
  return turn
}

function writeToolCall({ field, id, name, json }: ToolCall, notes: TranslationNotes): JsonObject {
  const input = parseJson(json.trim() === '' ? '{}' : json)
  const isValid = input.kind === 'parsed' && isObject(input.value)
  if (!isValid) notes.refuse(field, 'the arguments are no JSON object')
  return {
    type: 'tool_use',
    id: fitToolId(id, MESSAGES_TOOL_ID),
    name,
    input: isValid ? input.value : {},
  }
}

function writeToolResult(
  { id, isError, parts, cacheControl }: ToolResult,
  notes: TranslationNotes,
): JsonObject {
  return {
    type: 'tool_result',
    tool_use_id: fitToolId(id, MESSAGES_TOOL_ID),
    content: writeParts(parts, notes),
    ...(isError ? { is_error: true } : {}),
    ...cached(cacheControl),
  }
}

/** A text of white space says nothing, and Anthropic refuses it. */
function writeParts(parts: readonly Part[], notes: TranslationNotes): readonly JsonObject[] {
  const said = parts.filter((part) => !('text' in part) || part.text.trim() !== '')
  return said.map((part) => writePart(part, notes))
}

function writePart(part: Part, notes: TranslationNotes): JsonObject {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text, ...cached(part.cacheControl) }
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'image': {
      notes.dropSaid(part.detail)
      return { type: 'image', source: writeSource(part.source), ...cached(part.cacheControl) }
    }
    case 'document': {
      const { source, name, field } = part
      if (source.kind === 'inline' && source.mediaType !== 'application/pdf') {
        notes.refuse(field, 'only a PDF can be translated to Anthropic')
      }
      const title = name === undefined ? {} : { title: name }
      const written = writeSource(source)
      return { type: 'document', source: written, ...title, ...cached(part.cacheControl) }
    }
    default:
      return part satisfies never
  }
}

function writeSource(source: Extract<Part, { kind: 'image' }>['source']): JsonObject {
  return source.kind === 'url'
    ? { type: 'url', url: urlOfSource(source) }
    : { type: 'base64', media_type: source.mediaType, data: source.base64 }
}

function cached(cacheControl: Said<JsonObject> | undefined): JsonObject {
  return cacheControl === undefined ? {} : { cache_control: cacheControl.value }
}
