import { createHash } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import type { Settings } from './conversation.ts'

/** OpenAI's limit for `user` and `safety_identifier`. */
const OPENAI_CHARS_MAX = 64

/**
 * An end user's id as long as the target allows. It is told so that abuse can be laid to somebody:
 * a hash does that as well as the name, and the same user has the same one in every request.
 */
export function fitUserId(id: string, charsMax: number): string {
  return id.length <= charsMax ? id : createHash('sha256').update(id).digest('hex')
}

/** Under the name that the client gave it; `user` is the one that compatible servers know. */
export function openaiUser(endUser: Settings['endUser']): JsonObject {
  if (endUser === undefined) return {}
  const field = endUser.field === 'safety_identifier' ? endUser.field : 'user'
  return { [field]: fitUserId(endUser.value, OPENAI_CHARS_MAX) }
}
