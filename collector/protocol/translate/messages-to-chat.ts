import { arrayOf, isObject, numberOf, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { isHostedTool } from '../messages/parse-messages-request.ts'
import type { ClientRequest } from '../protocol.ts'
import { messagesToChatMessages } from './messages-to-chat-messages.ts'
import { compact, isGiven, isRefusal, refuse } from './translation.ts'
import type { Translation, Untranslatable } from './translation.ts'

const REFUSED: readonly (readonly [field: string, detail: string])[] = [
  ['container', 'it names state that lives at Anthropic'],
  ['mcp_servers', 'the tools would run at Anthropic'],
  ['context_management', 'Chat cannot edit its context'],
]

const TRANSLATED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'top_p',
  'tools',
  'tool_choice',
  'output_config',
  'metadata',
])

/** Chat takes no more; the fifth would never stop anything. */
const STOP_SEQUENCES_MAX = 4

/** A Messages request, said to a Chat target. */
export function messagesToChat({ body, stream }: ClientRequest): Translation {
  const found = REFUSED.find(([field]) => isGiven(body, field))
  if (found !== undefined) return refuse(found[0], found[1])
  const dropped = Object.keys(body).filter((key) => !TRANSLATED.has(key) && isGiven(body, key))
  const messages = messagesToChatMessages(own(body, 'system'), arrayOf(body, 'messages') ?? [])
  if (isRefusal(messages)) return messages
  if (messages.messages.at(-1)?.['role'] === 'assistant') {
    return refuse(
      'messages',
      'they end with a prefill, and Chat would answer it with a new message',
    )
  }
  if (messages.droppedThinking) dropped.push('messages.thinking')
  const tools = toolsOf(body)
  if (isRefusal(tools)) return tools
  const stop = arrayOf(body, 'stop_sequences') ?? []
  if (stop.length > STOP_SEQUENCES_MAX) {
    return refuse('stop_sequences', `Chat takes at most ${STOP_SEQUENCES_MAX}`)
  }
  const output = objectOf(body, 'output_config') ?? {}
  if (isGiven(output, 'effort')) dropped.push('output_config.effort')
  return {
    kind: 'translated',
    dropped,
    body: compact({
      messages: messages.messages,
      ...(stream ? { stream } : {}),
      max_completion_tokens: numberOf(body, 'max_tokens'),
      stop: stop.length === 0 ? undefined : stop,
      temperature: numberOf(body, 'temperature'),
      top_p: numberOf(body, 'top_p'),
      tools: tools.length === 0 ? undefined : tools,
      ...(tools.length === 0 ? {} : toolChoice(objectOf(body, 'tool_choice'))),
      response_format: responseFormat(objectOf(output, 'format')),
      user: stringOf(objectOf(body, 'metadata') ?? {}, 'user_id'),
    }),
  }
}

function toolsOf(body: JsonObject): readonly JsonObject[] | Untranslatable {
  const tools: JsonObject[] = []
  for (const [index, tool] of (arrayOf(body, 'tools') ?? []).entries()) {
    if (!isObject(tool) || isHostedTool(tool)) {
      return refuse(`tools[${index}]`, 'the tool would run at Anthropic')
    }
    const definition = compact({
      name: stringOf(tool, 'name'),
      description: stringOf(tool, 'description'),
      parameters: objectOf(tool, 'input_schema') ?? { type: 'object', properties: {} },
    })
    tools.push({ type: 'function', function: definition })
  }
  return tools
}

function toolChoice(choice: JsonObject | undefined): JsonObject {
  if (choice === undefined) return {}
  const parallel =
    own(choice, 'disable_parallel_tool_use') === true ? { parallel_tool_calls: false } : {}
  switch (stringOf(choice, 'type')) {
    case 'any':
      return { tool_choice: 'required', ...parallel }
    case 'none':
      return { tool_choice: 'none' }
    case 'tool': {
      const name = stringOf(choice, 'name') ?? ''
      return { tool_choice: { type: 'function', function: { name } }, ...parallel }
    }
    case undefined:
    default:
      return { tool_choice: 'auto', ...parallel }
  }
}

function responseFormat(format: JsonObject | undefined): JsonObject | undefined {
  const schema = format && objectOf(format, 'schema')
  if (schema === undefined) return undefined
  return { type: 'json_schema', json_schema: { name: 'response', schema, strict: true } }
}
