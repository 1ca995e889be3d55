import { arrayOf, isObject, numberOf, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { ClientRequest } from '../protocol.ts'
import { chatMessagesToMessages } from './chat-messages-to-messages.ts'
import { chatToolChoice, chatTools } from './chat-tools-to-messages.ts'
import { compact, isGiven, isRefusal, refuse } from './translation.ts'
import type { Translation, Untranslatable } from './translation.ts'

/**
 * Anthropic demands a limit, Chat does not. LiteLLM's own default, and what the oldest Claude still
 * accepts; an answer that reaches it says `length`, so nothing is hidden.
 */
const MAX_TOKENS_DEFAULT = 4096

/** Said where there is no word for them, these would be a lie. */
const REFUSED: readonly (readonly [field: string, detail: string])[] = [
  ['logprobs', 'Anthropic reports no token probabilities'],
  ['top_logprobs', 'Anthropic reports no token probabilities'],
  ['logit_bias', 'Anthropic has no token biases'],
  ['audio', 'Anthropic speaks no audio'],
  ['prediction', 'Anthropic takes no predicted output'],
  ['web_search_options', 'the search would run at another provider'],
  ['functions', 'only `tools` can be translated'],
  ['function_call', 'only `tool_choice` can be translated'],
]

/** Fields that are said in other words below, or that both protocols share. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'temperature',
  'top_p',
  'top_k',
  'thinking',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'user',
  'safety_identifier',
  'n',
  'modalities',
])

/** A Chat request, said to an Anthropic target. */
export function chatToMessages({ body, stream }: ClientRequest): Translation {
  const refused = refusedField(body)
  if (refused !== undefined) return refused
  const messages = chatMessagesToMessages(arrayOf(body, 'messages') ?? [])
  if (isRefusal(messages)) return messages
  const dropped = Object.keys(body).filter((key) => !TRANSLATED.has(key) && isGiven(body, key))
  const tools = chatTools(arrayOf(body, 'tools') ?? [], dropped)
  if (isRefusal(tools)) return tools
  const toolChoice = chatToolChoice(body)
  if (isRefusal(toolChoice)) return toolChoice
  const format = outputConfig(objectOf(body, 'response_format'))
  if (isRefusal(format)) return format
  const stop = stopSequences(own(body, 'stop'))
  if (isRefusal(stop)) return stop
  const user = stringOf(body, 'safety_identifier') ?? stringOf(body, 'user')
  return {
    kind: 'translated',
    dropped,
    body: compact({
      max_tokens:
        numberOf(body, 'max_completion_tokens') ??
        numberOf(body, 'max_tokens') ??
        MAX_TOKENS_DEFAULT,
      system: messages.system.length === 0 ? undefined : messages.system,
      messages: messages.messages,
      ...(stream ? { stream } : {}),
      stop_sequences: stop.length === 0 ? undefined : stop,
      temperature: temperature(body, dropped),
      top_p: numberOf(body, 'top_p'),
      // Anthropic's own words, which LiteLLM's clients send through Chat.
      top_k: numberOf(body, 'top_k'),
      thinking: objectOf(body, 'thinking'),
      tools: tools.length === 0 ? undefined : tools,
      tool_choice: tools.length === 0 ? undefined : toolChoice,
      output_config: format,
      metadata: user === undefined ? undefined : { user_id: user },
    }),
  }
}

function refusedField(body: JsonObject): Untranslatable | undefined {
  if ((numberOf(body, 'n') ?? 1) > 1) return refuse('n', 'Anthropic gives one answer')
  const modalities = arrayOf(body, 'modalities') ?? []
  if (modalities.some((modality) => modality !== 'text')) {
    return refuse('modalities', 'Anthropic answers in text')
  }
  const found = REFUSED.find(([field]) => isGiven(body, field))
  return found === undefined ? undefined : refuse(found[0], found[1])
}

/** Chat goes to 2, Anthropic to 1. */
function temperature(body: JsonObject, dropped: string[]): number | undefined {
  const value = numberOf(body, 'temperature')
  if (value === undefined || value <= 1) return value
  dropped.push('temperature')
  return 1
}

function stopSequences(stop: JsonValue | undefined): readonly string[] | Untranslatable {
  const list = typeof stop === 'string' ? [stop] : Array.isArray(stop) ? stop : []
  const sequences = list.filter((sequence) => typeof sequence === 'string').map(String)
  if (sequences.some((sequence) => sequence.trim() === '')) {
    return refuse('stop', 'Anthropic takes no stop sequence of white space')
  }
  return sequences
}

function outputConfig(format: JsonObject | undefined): JsonObject | Untranslatable | undefined {
  const type = format && stringOf(format, 'type')
  if (format === undefined || type === 'text') return undefined
  const schema = objectOf(objectOf(format, 'json_schema') ?? {}, 'schema')
  if (type !== 'json_schema' || !isObject(schema)) {
    return refuse('response_format', 'Anthropic knows JSON by schema only')
  }
  return { format: { type: 'json_schema', schema } }
}
