import { arrayOf, isArray, isObject, objectOf, own, parseJson, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { chatPartToBlock } from './chat-part-to-block.ts'
import { isRefusal, refuse } from './translation.ts'
import type { Untranslatable } from './translation.ts'

export interface MessagesConversation {
  /** System and developer messages, wherever they stood: Anthropic has one place for them. */
  readonly system: readonly JsonObject[]
  readonly messages: readonly JsonObject[]
}

/**
 * Chat messages as Anthropic's turns. Tool results become the first blocks of the user turn that
 * follows, and neighbours of one role one turn: Anthropic demands the one and does the other.
 */
export function chatMessagesToMessages(
  messages: readonly JsonValue[],
): MessagesConversation | Untranslatable {
  const system: JsonObject[] = []
  const turns: Turn[] = []
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) continue
    const field = `messages[${index}]`
    const said = blocksOf(message, field)
    if (isRefusal(said)) return said
    if (said.role === 'system') system.push(...said.blocks)
    else addTurn(turns, said)
  }
  return { system, messages: turns.map(({ role, blocks }) => ({ role, content: blocks })) }
}

interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly blocks: readonly JsonObject[]
}

function addTurn(turns: Turn[], turn: Turn): void {
  // Anthropic refuses turns without content; Chat's clients send them around tool calls.
  if (turn.blocks.length === 0) return
  const last = turns.at(-1)
  if (last?.role !== turn.role) turns.push(turn)
  else turns[turns.length - 1] = { role: last.role, blocks: [...last.blocks, ...turn.blocks] }
}

function blocksOf(message: JsonObject, field: string): Turn | Untranslatable {
  switch (stringOf(message, 'role')) {
    case 'system':
    case 'developer':
      return turnOf('system', contentBlocks(message, field))
    case 'user':
      return turnOf('user', contentBlocks(message, field))
    case 'assistant':
      return turnOf('assistant', assistantBlocks(message, field))
    case 'tool':
      return turnOf('user', toolResult(message, field))
    case undefined:
    default:
      return refuse(`${field}.role`, 'Anthropic has no such role')
  }
}

function turnOf(
  role: Turn['role'],
  blocks: readonly JsonObject[] | Untranslatable,
): Turn | Untranslatable {
  return isRefusal(blocks) ? blocks : { role, blocks }
}

function contentBlocks(message: JsonObject, field: string): readonly JsonObject[] | Untranslatable {
  const content = own(message, 'content')
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (!isArray(content)) return []
  const blocks: JsonObject[] = []
  for (const [index, part] of content.entries()) {
    const block = chatPartToBlock(part, `${field}.content[${index}]`)
    if (isRefusal(block)) return block
    if (block !== undefined) blocks.push(block)
  }
  return blocks
}

function assistantBlocks(
  message: JsonObject,
  field: string,
): readonly JsonObject[] | Untranslatable {
  if (isObject(own(message, 'function_call'))) {
    return refuse(`${field}.function_call`, 'only `tool_calls` can be translated')
  }
  if (isObject(own(message, 'audio'))) {
    return refuse(`${field}.audio`, 'it names audio that lives at another provider')
  }
  const content = contentBlocks(message, field)
  if (isRefusal(content)) return content
  const refusal = stringOf(message, 'refusal')
  const blocks = refusal ? [...content, { type: 'text', text: refusal }] : [...content]
  for (const [index, call] of (arrayOf(message, 'tool_calls') ?? []).entries()) {
    const block = toolUse(call, `${field}.tool_calls[${index}]`)
    if (isRefusal(block)) return block
    blocks.push(block)
  }
  return blocks
}

function toolUse(call: JsonValue, field: string): JsonObject | Untranslatable {
  const body = isObject(call) ? objectOf(call, 'function') : undefined
  if (!isObject(call) || body === undefined) {
    return refuse(field, 'only function calls can be translated')
  }
  const json = stringOf(body, 'arguments') ?? ''
  const input = parseJson(json.trim() === '' ? '{}' : json)
  if (input.kind === 'invalid' || !isObject(input.value)) {
    return refuse(`${field}.function.arguments`, 'the arguments are no JSON object')
  }
  const id = stringOf(call, 'id') ?? ''
  return { type: 'tool_use', id, name: stringOf(body, 'name') ?? '', input: input.value }
}

function toolResult(message: JsonObject, field: string): readonly JsonObject[] | Untranslatable {
  const content = contentBlocks(message, field)
  if (isRefusal(content)) return content
  const id = stringOf(message, 'tool_call_id') ?? ''
  return [{ type: 'tool_result', tool_use_id: id, content }]
}
