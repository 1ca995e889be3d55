import { jsonObject, numeric, text } from '../../attributes.ts'
import type { Attributes, Span } from '../../span.ts'
import type { RequestShape } from '../../story.ts'

export interface AskedShape extends RequestShape {
  /** The turn before the last one is the assistant's, and the last one the user's. */
  readonly goesOn: boolean
  /** The last turn is the assistant's. */
  readonly prefill: boolean
  /** Where it was read. */
  readonly key: string | undefined
}

/**
 * What was asked for: of content its shape, which is all that is kept of it, else the roles that
 * stand one by one.
 */
export function shapeOfRequest({ attributes }: Span): AskedShape | undefined {
  const messages = messagesOf(attributes)
  const tools = toolsOf(attributes)
  const parameters = jsonObject(attributes, 'llm.invocation_parameters')
  const maxTokens = numeric(attributes, 'gen_ai.request.max_tokens') ?? limitOf(parameters)
  const toolChoice = parameters?.get('tool_choice')
  const responseFormat = text(attributes, 'gen_ai.output.type')
  const shape = {
    ...messages,
    ...(tools === undefined ? {} : { tools }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(typeof toolChoice === 'string' ? { toolChoice } : {}),
    ...(responseFormat === undefined ? {} : { responseFormat }),
  }
  if (Object.keys(shape).length === 0) return undefined
  return { prefill: false, goesOn: false, key: undefined, ...shape }
}

function messagesOf(attributes: Attributes): Partial<AskedShape> {
  for (const key of MESSAGES_KEYS) {
    const shape = jsonObject(attributes, key)
    const messages = shape?.get('messages')
    const lastRole = shape?.get('lastRole')
    if (shape?.get('secondwindShape') !== 1 || typeof messages !== 'number') continue
    if (messages === 0 || typeof lastRole !== 'string') continue
    const roles: unknown = shape.get('roles')
    const before: unknown = Array.isArray(roles) ? roles.at(-2) : undefined
    return {
      messages,
      lastRole,
      prefill: shape.get('prefill') === true,
      goesOn: isUsers(lastRole) && isAssistants(before),
      key,
    }
  }
  for (const [prefix, suffix] of FLATTENED) {
    const last = lastIndex(attributes, prefix)
    const lastRole = last === undefined ? undefined : text(attributes, `${prefix}${last}${suffix}`)
    if (last === undefined || lastRole === undefined) continue
    const before = text(attributes, `${prefix}${last - 1}${suffix}`)
    return {
      messages: last + 1,
      lastRole,
      prefill: isAssistants(lastRole),
      goesOn: isUsers(lastRole) && isAssistants(before),
      key: `${prefix}${last}${suffix}`,
    }
  }
  return {}
}

function isAssistants(role: unknown): boolean {
  return role === 'assistant' || role === 'model'
}

function isUsers(role: string): boolean {
  return role === 'user' || role === 'human'
}

const MESSAGES_KEYS = ['gen_ai.input.messages', 'gen_ai.prompt', 'ai.prompt.messages'] as const
const FLATTENED = [
  ['llm.input_messages.', '.message.role'],
  ['gen_ai.prompt.', '.role'],
] as const

function toolsOf(attributes: Attributes): number | undefined {
  const definitions = jsonObject(attributes, 'gen_ai.tool.definitions')?.get('messages')
  if (typeof definitions === 'number' && definitions > 0) return definitions
  for (const prefix of TOOL_PREFIXES) {
    const last = lastIndex(attributes, prefix)
    if (last !== undefined) return last + 1
  }
  return undefined
}

const TOOL_PREFIXES = ['llm.tools.', 'llm.request.functions.'] as const

/** Of a list that is flattened into keys; no sender writes more than an SDK keeps of attributes. */
function lastIndex(attributes: Attributes, prefix: string): number | undefined {
  let last: number | undefined
  for (const key of attributes.keys()) {
    if (!key.startsWith(prefix)) continue
    const index = /^\d{1,4}(?=\.)/u.exec(key.slice(prefix.length))?.[0]
    if (index !== undefined) last = Math.max(last ?? 0, Number(index))
  }
  return last
}

function limitOf(parameters: ReadonlyMap<string, unknown> | undefined): number | undefined {
  for (const key of ['max_tokens', 'max_completion_tokens', 'max_output_tokens']) {
    const limit = parameters?.get(key)
    if (typeof limit === 'number') return limit
  }
  return undefined
}
