import { arrayOf, isArray, isObject, numberOf, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { invalid, parseBody } from '../parse-body.ts'
import type { ParsedRequest, RequestFeatures } from '../protocol.ts'

export function parseChatRequest(bytes: Uint8Array): ParsedRequest {
  const read = parseBody(bytes)
  if (read.kind === 'invalid') return read
  const { messages, body, route, stream, options, source } = read
  const streamOptions = own(body, 'stream_options')
  if (streamOptions !== undefined && streamOptions !== null && !isObject(streamOptions)) {
    return invalid('`stream_options` must be an object.', 'stream_options')
  }
  const choices = own(body, 'n')
  if (choices !== undefined && choices !== null && !isChoiceCount(choices)) {
    return invalid(`\`n\` must be an integer from 1 to ${CHOICES_MAX}.`, 'n')
  }
  const features = featuresOf(body, messages)
  const request = { api: 'chat' as const, route, stream, body, source, features, options }
  return { kind: 'parsed', request }
}

/** OpenAI's own limit; it also bounds what the decoder keeps per choice. */
const CHOICES_MAX = 128

function isChoiceCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= CHOICES_MAX
}

function featuresOf(body: JsonObject, messages: readonly JsonObject[]): RequestFeatures {
  const tools = [...(arrayOf(body, 'tools') ?? []), ...(arrayOf(body, 'functions') ?? [])]
  const toolChoice = toolChoiceOf(body)
  const responseFormat = responseFormatOf(body)
  const maxTokens = numberOf(body, 'max_completion_tokens') ?? numberOf(body, 'max_tokens')
  const parts = messages.flatMap((message) => arrayOf(message, 'content') ?? []).filter(isObject)
  return {
    tools: tools.length,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    n: numberOf(body, 'n') ?? 1,
    logprobs: own(body, 'logprobs') === true || (numberOf(body, 'top_logprobs') ?? 0) > 0,
    audio:
      isObject(own(body, 'audio')) ||
      arrayOf(body, 'modalities')?.includes('audio') === true ||
      parts.some((part) => own(part, 'type') === 'input_audio'),
    hostedTools: isObject(own(body, 'web_search_options')) || tools.some(isHostedTool),
    stateful: parts.some((part) => objectOf(part, 'file')?.['file_id'] !== undefined),
    thinking: isThinking(body),
    includeUsage: objectOf(body, 'stream_options')?.['include_usage'] === true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stopSequences: stopSequencesOf(body),
  }
}

function isHostedTool(tool: unknown): boolean {
  if (typeof tool !== 'object' || tool === null || !('type' in tool)) return false
  return tool.type !== 'function' && tool.type !== 'custom'
}

function toolChoiceOf(body: JsonObject): RequestFeatures['toolChoice'] {
  const choice = own(body, 'tool_choice') ?? own(body, 'function_call')
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  if (!isObject(choice)) return undefined
  const allowed = objectOf(choice, 'allowed_tools')
  if (allowed !== undefined) return own(allowed, 'mode') === 'required' ? 'required' : 'auto'
  return 'named'
}

function responseFormatOf(body: JsonObject): RequestFeatures['responseFormat'] {
  const format = objectOf(body, 'response_format')
  const type = format && stringOf(format, 'type')
  return type === 'json_object' || type === 'json_schema' ? type : undefined
}

/** OpenAI's effort, or Anthropic's own field, which LiteLLM's clients send through Chat. */
function isThinking(body: JsonObject): boolean {
  const effort = stringOf(body, 'reasoning_effort')
  if (effort !== undefined && effort !== 'none') return true
  const thinking = objectOf(body, 'thinking')
  return thinking !== undefined && own(thinking, 'type') !== 'disabled'
}

function stopSequencesOf(body: JsonObject): readonly string[] {
  const stop = own(body, 'stop')
  if (typeof stop === 'string') return stop === '' ? [] : [stop]
  if (!isArray(stop)) return []
  return stop.filter((sequence) => typeof sequence === 'string' && sequence !== '').map(String)
}
