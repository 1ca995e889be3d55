import { isArray, isObject, own, stringOf } from '../json.ts'
import type { JsonValue } from '../json.ts'

/** Text of a string or of text blocks; undefined where there is anything else. */
export function plainText(content: JsonValue): string | undefined {
  if (typeof content === 'string') return content
  if (!isArray(content)) return undefined
  const texts = content.map((block) =>
    isObject(block) && own(block, 'type') === 'text' ? stringOf(block, 'text') : undefined,
  )
  return texts.includes(undefined) ? undefined : texts.join('')
}
