import { arrayOf, isObject, numberOf, objectOf, own, stringOf } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { PayloadShape } from './protocol.ts'

/** Counts and names of a body in any protocol, never its content: what spans may say of it. */
export function payloadShape(body: JsonObject, bytes: number): PayloadShape {
  const { count, last } = transcriptEnd(body)
  const lastRole = last === undefined ? 'none' : roleOf(last)
  const toolChoice = toolChoiceName(body)
  const responseFormat = responseFormatName(body)
  const maxTokens = LIMIT_FIELDS.map((field) => numberOf(body, field)).find(
    (limit) => limit !== undefined,
  )
  return {
    messages: count,
    lastRole,
    // A tool call at the end is waiting for its result; it is not to be gone on with.
    prefill: lastRole === 'assistant' && !TYPE_ROLES.has(typeOf(last)),
    bytes,
    tools: arrayOf(body, 'tools')?.length ?? 0,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
}

const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const

function transcriptEnd(body: JsonObject): {
  readonly count: number
  readonly last: JsonValue | undefined
} {
  // Responses' shortest form: one turn of the user.
  if (typeof own(body, 'input') === 'string') return { count: 1, last: { role: 'user' } }
  const transcript = arrayOf(body, 'messages') ?? arrayOf(body, 'input') ?? []
  return { count: transcript.length, last: transcript.at(-1) }
}

const ROLES: ReadonlySet<string> = new Set([
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
  'function',
])

/** Responses' items that are no messages, by the side that they stand on. */
const TYPE_ROLES: ReadonlyMap<string, string> = new Map([
  ['function_call', 'assistant'],
  ['custom_tool_call', 'assistant'],
  ['reasoning', 'assistant'],
  ['function_call_output', 'tool'],
  ['custom_tool_call_output', 'tool'],
])

/** A client may write anything where a role stands, a prompt included. */
function roleOf(last: JsonValue): string {
  const role = isObject(last) ? stringOf(last, 'role') : undefined
  if (role === undefined) return TYPE_ROLES.get(typeOf(last)) ?? 'other'
  return ROLES.has(role) ? role : 'other'
}

function typeOf(item: JsonValue | undefined): string {
  return (isObject(item) && stringOf(item, 'type')) || ''
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
  const inside = objectOf(body, 'output_config') ?? objectOf(body, 'text') ?? {}
  const format = objectOf(body, 'response_format') ?? objectOf(inside, 'format')
  const type = format && stringOf(format, 'type')
  return type === 'json_object' || type === 'json_schema' || type === 'text' ? type : undefined
}
