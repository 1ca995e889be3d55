import type { JsonValue } from '../json.ts'
import type { Said } from './conversation.ts'
import type { Fields } from './fields.ts'

/** Spelt alike in both of OpenAI's protocols, and of no meaning to anybody else. */
const SHARED = [
  'metadata',
  'moderation',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'service_tier',
  'store',
] as const

export function readOpenaiFields(fields: Fields): readonly Said<JsonValue>[] {
  return SHARED.flatMap((field) => {
    const value = fields.value(field)
    return value === undefined || isDefault(value) ? [] : [{ field, value }]
  })
}

/** `store: false`, `service_tier: "auto"`, `metadata: {}`: said, and nothing is asked for. */
function isDefault(value: JsonValue): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === false || value === '' || value === 'auto'
}
