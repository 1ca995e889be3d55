import { arrayOf, isArray, isObject, numberOf, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { invalid, parseEnvelope } from '../parse-body.ts'
import type { InvalidRequest } from '../parse-body.ts'
import type { ParsedRequest, RequestFeatures } from '../protocol.ts'
import { withoutOwnReasoning } from './own-reasoning.ts'
import { isStateful, stateIdsOf } from './stateful.ts'

export function parseResponsesRequest(bytes: Uint8Array): ParsedRequest {
  const read = parseEnvelope(bytes)
  if (read.kind === 'invalid') return read
  const problem = problemOf(read.body)
  if (problem !== undefined) return problem
  const { route, stream, options, source } = read
  const body = withoutOwnReasoning(read.body)
  const request = { api: 'responses' as const, route, stream, body, source, options }
  return { kind: 'parsed', request: { ...request, features: featuresOf(body) } }
}

function problemOf(body: JsonObject): InvalidRequest | undefined {
  if (own(body, 'background') === true) {
    return invalid(
      '`background` cannot be true here: a background response is fetched later from whoever ' +
        'made it, and this router keeps none. Leave it out, or ask the provider itself.',
      'background',
    )
  }
  const input = own(body, 'input')
  // A stored prompt or an earlier response may stand in place of it.
  if (input === undefined || input === null || typeof input === 'string') return undefined
  if (!isArray(input)) return invalid('`input` must be a string or a list of items.', 'input')
  const index = input.findIndex((item) => !isObject(item))
  if (index === -1) return undefined
  return invalid(`\`input[${index}]\` must be an object.`, `input[${index}]`)
}

function featuresOf(body: JsonObject): RequestFeatures {
  const tools = (arrayOf(body, 'tools') ?? []).filter(isObject)
  const toolChoice = toolChoiceOf(own(body, 'tool_choice'))
  const responseFormat = responseFormatOf(body)
  const maxTokens = numberOf(body, 'max_output_tokens')
  const stateIds = stateIdsOf(body)
  return {
    tools: tools.length,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    n: 1,
    logprobs: asksForLogprobs(body),
    audio: asksForAudio(body),
    hostedTools: tools.some(isHostedTool),
    stateful: isStateful(body, tools),
    ...(stateIds.length === 0 ? {} : { stateIds }),
    ...(own(body, 'store') === false ? {} : { keepsAnswer: true as const }),
    thinking: isThinking(objectOf(body, 'reasoning')),
    // The count stands in the terminal event, which every client gets.
    includeUsage: true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stopSequences: [],
  }
}

/** Whatever is not the client's own to run: web search, MCP servers, a computer, a shell. */
function isHostedTool(tool: JsonObject): boolean {
  const type = stringOf(tool, 'type')
  return type !== undefined && type !== 'function' && type !== 'custom'
}

function toolChoiceOf(choice: JsonValue | undefined): RequestFeatures['toolChoice'] {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  if (!isObject(choice)) return undefined
  if (stringOf(choice, 'type') !== 'allowed_tools') return 'named'
  return own(choice, 'mode') === 'required' ? 'required' : 'auto'
}

function responseFormatOf(body: JsonObject): RequestFeatures['responseFormat'] {
  const format = objectOf(objectOf(body, 'text') ?? {}, 'format')
  const type = format && stringOf(format, 'type')
  return type === 'json_object' || type === 'json_schema' ? type : undefined
}

function asksForLogprobs(body: JsonObject): boolean {
  const included = arrayOf(body, 'include')?.includes('message.output_text.logprobs') === true
  return included || (numberOf(body, 'top_logprobs') ?? 0) > 0
}

function asksForAudio(body: JsonObject): boolean {
  if (isObject(own(body, 'audio')) || arrayOf(body, 'modalities')?.includes('audio')) return true
  const items = (arrayOf(body, 'input') ?? []).filter(isObject)
  const parts = items.flatMap((item) => arrayOf(item, 'content') ?? []).filter(isObject)
  return parts.some((part) => own(part, 'type') === 'input_audio')
}

function isThinking(reasoning: JsonObject | undefined): boolean {
  return reasoning !== undefined && own(reasoning, 'effort') !== 'none'
}
