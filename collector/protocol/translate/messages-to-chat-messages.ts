import { arrayOf, isArray, isObject, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { blockToChatPart } from './block-to-chat-part.ts'
import { plainText } from './plain-text.ts'
import { isRefusal, refuse } from './translation.ts'
import type { Untranslatable } from './translation.ts'

export interface ChatConversation {
  readonly messages: readonly JsonObject[]
  /** A chain of thought is bound to the model that thought it. */
  readonly droppedThinking: boolean
}

/**
 * Anthropic's turns as Chat messages: tool results become messages of their own, directly after.
 */
export function messagesToChatMessages(
  system: JsonValue | undefined,
  turns: readonly JsonValue[],
): ChatConversation | Untranslatable {
  const messages: JsonObject[] = []
  const notes = { droppedThinking: false }
  if (system !== undefined && system !== null) {
    const content = plainText(system)
    if (content === undefined) return refuse('system', 'only text can be translated')
    if (content !== '') messages.push({ role: 'system', content })
  }
  for (const [index, turn] of turns.entries()) {
    if (!isObject(turn)) continue
    const said = messagesOf(turn, `messages[${index}]`, notes)
    if (isRefusal(said)) return said
    messages.push(...said)
  }
  return { messages, droppedThinking: notes.droppedThinking }
}

interface Notes {
  droppedThinking: boolean
}

type Said = readonly JsonObject[] | Untranslatable

function messagesOf(turn: JsonObject, field: string, notes: Notes): Said {
  const role = stringOf(turn, 'role')
  const content = own(turn, 'content')
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    return refuse(`${field}.role`, 'Chat has no such role')
  }
  if (typeof content === 'string') return [{ role, content }]
  if (!isArray(content)) return refuse(`${field}.content`, 'it must be text or a list of blocks')
  if (role === 'assistant') return assistantMessages(content, field, notes)
  return userMessages(role, content, field)
}

function userMessages(role: string, content: readonly JsonValue[], field: string): Said {
  const results: JsonObject[] = []
  const parts: JsonObject[] = []
  for (const [index, block] of content.entries()) {
    const at = `${field}.content[${index}]`
    if (isObject(block) && own(block, 'type') === 'tool_result') {
      const result = toolResult(block, at, parts)
      if (isRefusal(result)) return result
      results.push(result)
      continue
    }
    const part = blockToChatPart(block, at)
    if (isRefusal(part)) return part
    parts.push(part)
  }
  // Compatible servers know a text better than a list that holds one.
  const text = plainText(parts)
  const message = parts.length === 0 ? [] : [{ role, content: text ?? parts }]
  return [...results, ...message]
}

/** Chat's tool messages hold text only: pictures go into the user message that follows. */
function toolResult(
  block: JsonObject,
  field: string,
  parts: JsonObject[],
): JsonObject | Untranslatable {
  const content = own(block, 'content')
  const texts: string[] = typeof content === 'string' ? [content] : []
  for (const [index, inner] of (arrayOf(block, 'content') ?? []).entries()) {
    const part = blockToChatPart(inner, `${field}.content[${index}]`)
    if (isRefusal(part)) return part
    const text = stringOf(part, 'text')
    if (text === undefined) parts.push(part)
    else texts.push(text)
  }
  // Chat has no field that says that a tool failed.
  const prefix = own(block, 'is_error') === true ? 'Error: ' : ''
  const id = stringOf(block, 'tool_use_id') ?? ''
  return { role: 'tool', tool_call_id: id, content: prefix + texts.join('\n') }
}

function assistantMessages(content: readonly JsonValue[], field: string, notes: Notes): Said {
  let text = ''
  const calls: JsonObject[] = []
  for (const [index, block] of content.entries()) {
    const type = isObject(block) ? stringOf(block, 'type') : undefined
    if (!isObject(block) || type === undefined) {
      return refuse(`${field}.content[${index}]`, 'a block must be an object with a type')
    }
    if (type === 'text') text += stringOf(block, 'text') ?? ''
    else if (type === 'tool_use') calls.push(toolCall(block))
    else if (type === 'thinking' || type === 'redacted_thinking') notes.droppedThinking = true
    // The mark of Anthropic's own splice; it says nothing to anyone else.
    else if (type !== 'fallback') {
      return refuse(`${field}.content[${index}].type`, `Chat has no "${type.slice(0, 64)}" block`)
    }
  }
  if (text === '' && calls.length === 0) return []
  const spoken = text === '' ? null : text
  return [{ role: 'assistant', content: spoken, ...(calls.length ? { tool_calls: calls } : {}) }]
}

function toolCall(block: JsonObject): JsonObject {
  const json = JSON.stringify(objectOf(block, 'input') ?? {})
  return {
    id: stringOf(block, 'id') ?? '',
    type: 'function',
    function: { name: stringOf(block, 'name') ?? '', arguments: json },
  }
}
