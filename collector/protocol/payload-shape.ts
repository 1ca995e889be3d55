import { arrayOf, numberOf, objectOf, own, stringOf, isObject } from './json.ts'
import type { JsonObject } from './json.ts'
import type { PayloadShape } from './protocol.ts'

/** Counts and names of a body that has `messages`, never its content: what spans may say of it. */
export function payloadShape(body: JsonObject, bytes: number): PayloadShape {
  const messages = arrayOf(body, 'messages') ?? []
  const last = messages.at(-1)
  const lastRole = isObject(last) ? knownRole(stringOf(last, 'role')) : 'none'
  const toolChoice = toolChoiceName(body)
  const responseFormat = responseFormatName(body)
  const maxTokens = numberOf(body, 'max_completion_tokens') ?? numberOf(body, 'max_tokens')
  return {
    messages: messages.length,
    lastRole,
    prefill: lastRole === 'assistant',
    bytes,
    tools: arrayOf(body, 'tools')?.length ?? 0,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
}

const ROLES: ReadonlySet<string> = new Set([
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
  'function',
])

/** A client may write anything where a role stands, a prompt included. */
function knownRole(role: string | undefined): string {
  return role !== undefined && ROLES.has(role) ? role : 'other'
}

const TOOL_CHOICES: ReadonlySet<string> = new Set(['auto', 'none', 'required', 'any'])

function toolChoiceName(body: JsonObject): string | undefined {
  const choice = own(body, 'tool_choice')
  const name = isObject(choice) ? stringOf(choice, 'type') : choice
  if (typeof name !== 'string') return undefined
  if (name === 'any') return 'required'
  return TOOL_CHOICES.has(name) ? name : 'named'
}

function responseFormatName(body: JsonObject): string | undefined {
  const output = objectOf(body, 'output_config')
  const format = objectOf(body, 'response_format') ?? (output && objectOf(output, 'format'))
  const type = format && stringOf(format, 'type')
  return type === 'json_object' || type === 'json_schema' || type === 'text' ? type : undefined
}
