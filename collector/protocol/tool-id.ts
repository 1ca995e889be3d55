import { createHash } from 'node:crypto'

/** What somebody takes for the id of a tool call, and how one that he does not take is written. */
export interface ToolIdForm {
  readonly allowed: RegExp
  readonly prefix: string
  readonly hashChars: number
}

/** Room for a collision nobody will see, and short enough for every protocol's limit. */
const CALL = { prefix: 'call_', hashChars: 24 }

/** Chat's limit for the id of a tool call. */
export const CHAT_TOOL_ID: ToolIdForm = { ...CALL, allowed: /^[\w.:-]{1,40}$/ }

/** OpenAI's limit for a `call_id`. */
export const RESPONSES_TOOL_ID: ToolIdForm = { ...CALL, allowed: /^[\w.:-]{1,64}$/ }

/** Anthropic's own pattern for the id of a tool call, and a length that is on the safe side. */
export const MESSAGES_TOOL_ID: ToolIdForm = { ...CALL, allowed: /^[a-zA-Z0-9_-]{1,64}$/ }

/** OpenAI counts the characters and takes any: vLLM's ids have 46 of them. */
export const OPENAI_TOOL_ID: ToolIdForm = { ...CALL, allowed: /^[^]{1,40}$/ }

/** "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9", Mistral's code 3280. */
export const MISTRAL_TOOL_ID: ToolIdForm = {
  allowed: /^[a-zA-Z0-9]{9}$/,
  prefix: '',
  hashChars: 9,
}

/**
 * A tool call's id as it is allowed there. The same id gives the same one wherever it stands, so
 * that a result finds its call without a table of both.
 */
export function fitToolId(id: string, { allowed, prefix, hashChars }: ToolIdForm): string {
  if (allowed.test(id)) return id
  return prefix + createHash('sha256').update(id).digest('hex').slice(0, hashChars)
}
