import { arrayOf, isObject, numberOf, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { invalid, parseBody } from '../parse-body.ts'
import type { ParsedRequest, RequestFeatures } from '../protocol.ts'

export function parseMessagesRequest(bytes: Uint8Array): ParsedRequest {
  const read = parseBody(bytes)
  if (read.kind === 'invalid') return read
  const { messages, body, route, stream, options, source } = read
  const maxTokens = own(body, 'max_tokens')
  if (!Number.isInteger(maxTokens) || Number(maxTokens) < 1) {
    return invalid('`max_tokens` must be an integer of at least 1.', 'max_tokens')
  }
  const features = featuresOf(body, messages)
  const request = { api: 'messages' as const, route, stream, body, source, features, options }
  return { kind: 'parsed', request }
}

function featuresOf(body: JsonObject, messages: readonly JsonObject[]): RequestFeatures {
  const tools = (arrayOf(body, 'tools') ?? []).filter(isObject)
  const blocks = messages.flatMap((message) => arrayOf(message, 'content') ?? []).filter(isObject)
  const toolChoice = toolChoiceOf(objectOf(body, 'tool_choice'))
  const format = objectOf(objectOf(body, 'output_config') ?? {}, 'format')
  const maxTokens = numberOf(body, 'max_tokens')
  const thinking = objectOf(body, 'thinking')
  return {
    tools: tools.length,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(format === undefined ? {} : { responseFormat: 'json_schema' }),
    n: 1,
    logprobs: false,
    audio: false,
    hostedTools: tools.some(isHostedTool) || (arrayOf(body, 'mcp_servers')?.length ?? 0) > 0,
    stateful: isGiven(own(body, 'container')) || blocks.some(namesFile),
    thinking: thinking !== undefined && own(thinking, 'type') !== 'disabled',
    includeUsage: true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stopSequences: (arrayOf(body, 'stop_sequences') ?? [])
      .filter((sequence) => typeof sequence === 'string' && sequence !== '')
      .map(String),
  }
}

/** `web_search_20250305` and the like run at the provider; `custom`, or no type, at the client. */
export function isHostedTool(tool: JsonObject): boolean {
  const type = stringOf(tool, 'type')
  return type !== undefined && type !== 'custom'
}

function toolChoiceOf(choice: JsonObject | undefined): RequestFeatures['toolChoice'] {
  switch (choice && stringOf(choice, 'type')) {
    case 'auto':
      return 'auto'
    case 'any':
      return 'required'
    case 'tool':
      return 'named'
    case 'none':
      return 'none'
    case undefined:
    default:
      return undefined
  }
}

/** A file id lives at one provider, and there at one key. */
function namesFile(block: JsonObject): boolean {
  const source = objectOf(block, 'source')
  return source !== undefined && own(source, 'type') === 'file'
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null
}
