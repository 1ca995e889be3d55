import { arrayOf, isObject, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/** What names an earlier response, a conversation or a template that one provider keeps. */
const STORED_AT_PROVIDER = ['previous_response_id', 'conversation', 'prompt'] as const

/** Whether a request needs what lives with one provider, under one key. */
export function isStateful(body: JsonObject, tools: readonly JsonObject[]): boolean {
  if (STORED_AT_PROVIDER.some((field) => isGiven(own(body, field)))) return true
  if (tools.some(keepsFiles)) return true
  return (arrayOf(body, 'input') ?? []).filter(isObject).some(isStoredItem)
}

/** The ids of what one provider keeps, and answers to by nothing else. */
export function stateIdsOf(body: JsonObject): readonly string[] {
  const conversation = own(body, 'conversation')
  const ids = [
    stringOf(body, 'previous_response_id'),
    isObject(conversation) ? stringOf(conversation, 'id') : stringOf(body, 'conversation'),
  ]
  return ids.filter((id) => id !== undefined)
}

function isStoredItem(item: JsonObject): boolean {
  const type = stringOf(item, 'type')
  if (type === 'item_reference') return true
  // Encrypted for its provider; or looked up there, by the id that it has.
  if (typeof own(item, 'encrypted_content') === 'string') return true
  if (type === 'reasoning' && typeof own(item, 'id') === 'string') return true
  const content = arrayOf(item, 'content') ?? arrayOf(item, 'output') ?? []
  return content.some((part) => isObject(part) && typeof own(part, 'file_id') === 'string')
}

/** Vector stores and containers are a provider's; so are the files that are put into them. */
function keepsFiles(tool: JsonObject): boolean {
  if ((arrayOf(tool, 'vector_store_ids')?.length ?? 0) > 0) return true
  if (typeof own(tool, 'container') === 'string') return true
  const container = objectOf(tool, 'container') ?? {}
  return (arrayOf(container, 'file_ids')?.length ?? 0) > 0
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null
}
