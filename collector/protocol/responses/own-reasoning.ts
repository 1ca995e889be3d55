import { arrayOf, isObject, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/**
 * Ids of reasoning items that we write for a target of another protocol. No provider knows them:
 * sent back with the client's next turn, OpenAI answers 404 to one, so they are taken out first.
 */
export const OWN_REASONING_PREFIX = 'rs_secondwind_'

export function withoutOwnReasoning(body: JsonObject): JsonObject {
  const input = arrayOf(body, 'input')
  if (input === undefined || !input.some(isOwn)) return body
  return { ...body, input: input.filter((item) => !isOwn(item)) }
}

function isOwn(item: JsonValue): boolean {
  if (!isObject(item) || stringOf(item, 'type') !== 'reasoning') return false
  return stringOf(item, 'id')?.startsWith(OWN_REASONING_PREFIX) === true
}
