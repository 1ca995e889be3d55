import { createHash } from 'node:crypto'

/** Room for a collision nobody will see, and short enough for every protocol's limit. */
const HASH_CHARS = 24

/**
 * A tool call's id as the target allows it. The same id gives the same one wherever it stands, so
 * that a result finds its call without a table of both.
 */
export function fitToolId(id: string, allowed: RegExp): string {
  if (allowed.test(id)) return id
  return `call_${createHash('sha256').update(id).digest('hex').slice(0, HASH_CHARS)}`
}
