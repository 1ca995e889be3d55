import type { JsonObject, JsonValue } from '../json.ts'
import type { Item, MessageItem, Part, ToolCall, ToolResult } from './conversation.ts'
import { urlOfSource } from './inline-data.ts'
import { CHAT_TOOL_ID, fitToolId } from '../tool-id.ts'
import type { TranslationNotes } from './translation-notes.ts'

/** Items as Chat's messages: what the model said and called is one message, a result one each. */
export function writeChatMessages(
  items: readonly Item[],
  notes: TranslationNotes,
): readonly JsonObject[] {
  const writer = new MessageWriter(notes)
  for (const item of items) writer.add(item)
  return writer.finish()
}

interface Spoken {
  readonly parts: Part[]
  readonly calls: ToolCall[]
}

class MessageWriter {
  readonly #notes: TranslationNotes
  readonly #messages: JsonObject[] = []
  #spoken: Spoken | undefined
  /** What tools showed: their messages hold text only, so it goes into the user's next one. */
  #shown: Part[] = []

  constructor(notes: TranslationNotes) {
    this.#notes = notes
  }

  add(item: Item): void {
    if (item.kind === 'tool-call') {
      this.#assistant().calls.push(item)
      return
    }
    if (item.kind === 'message' && item.role === 'assistant') {
      const { parts } = this.#assistant()
      // One by one: a list of a hundred thousand is more than a call takes as its arguments.
      for (const part of item.parts) parts.push(part)
      return
    }
    this.#endAssistant()
    if (item.kind === 'tool-result') this.#addResult(item)
    else this.#addMessage(item)
  }

  finish(): readonly JsonObject[] {
    this.#endAssistant()
    this.#showRest()
    return this.#messages
  }

  #assistant(): Spoken {
    this.#showRest()
    this.#spoken ??= { parts: [], calls: [] }
    return this.#spoken
  }

  #endAssistant(): void {
    if (this.#spoken === undefined) return
    const { parts, calls } = this.#spoken
    this.#spoken = undefined
    const text = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    const refusal = parts.map((part) => (part.kind === 'refusal' ? part.text : '')).join('')
    dropCacheControl(parts, this.#notes)
    for (const part of parts) {
      if (part.kind === 'image' || part.kind === 'document') {
        this.#notes.refuse(part.field, 'the model can say only text in Chat')
      }
    }
    if (text === '' && refusal === '' && calls.length === 0) return
    this.#messages.push({
      role: 'assistant',
      content: text === '' ? null : text,
      ...(refusal === '' ? {} : { refusal }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeToolCall) }),
    })
  }

  #addResult(result: ToolResult): void {
    this.#notes.dropSaid(result.cacheControl)
    dropCacheControl(result.parts, this.#notes)
    const texts = result.parts.flatMap((part) => ('text' in part ? [part.text] : []))
    for (const part of result.parts) if (!('text' in part)) this.#shown.push(part)
    // Chat has no field that says that a tool failed.
    const prefix = result.isError ? 'Error: ' : ''
    this.#messages.push({
      role: 'tool',
      tool_call_id: fitToolId(result.id, CHAT_TOOL_ID),
      content: prefix + texts.join('\n'),
    })
  }

  #addMessage({ role, parts }: MessageItem): void {
    if (role !== 'user') {
      this.#showRest()
      // Compatible servers do not know `developer`; OpenAI takes the one for the other.
      this.#push('system', parts)
      return
    }
    const shown = this.#shown
    this.#shown = []
    this.#push('user', [...shown, ...parts])
  }

  #showRest(): void {
    const shown = this.#shown
    this.#shown = []
    this.#push('user', shown)
  }

  #push(role: string, parts: readonly Part[]): void {
    if (parts.length === 0) return
    dropCacheControl(parts, this.#notes)
    const texts = parts.map((part) => ('text' in part ? part.text : undefined))
    // Compatible servers know a text better than a list of texts.
    const content: JsonValue = texts.every((text) => text !== undefined)
      ? texts.join('\n\n')
      : parts.map((part) => writePart(part, this.#notes))
    this.#messages.push({ role, content })
  }
}

function writeToolCall({ id, name, json }: ToolCall): JsonObject {
  const called = { name, arguments: json || '{}' }
  return { id: fitToolId(id, CHAT_TOOL_ID), type: 'function', function: called }
}

function writePart(part: Part, notes: TranslationNotes): JsonObject {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'image': {
      const url = urlOfSource(part.source)
      const detail = part.detail === undefined ? {} : { detail: part.detail.value }
      return { type: 'image_url', image_url: { url, ...detail } }
    }
    case 'document': {
      if (part.source.kind === 'url') {
        notes.refuse(part.field, 'Chat takes a document only with the request')
      }
      const filename = part.name ?? 'document.pdf'
      return { type: 'file', file: { filename, file_data: urlOfSource(part.source) } }
    }
    default:
      return part satisfies never
  }
}

export function dropCacheControl(parts: readonly Part[], notes: TranslationNotes): void {
  for (const part of parts) if ('cacheControl' in part) notes.dropSaid(part.cacheControl)
}
