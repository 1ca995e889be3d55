import { isArray, isObject } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Conversation, Format, Said, Settings, Tool, ToolChoice } from './conversation.ts'
import { Fields } from './fields.ts'
import { readChatMessages } from './read-chat-messages.ts'
import { readOpenaiFields } from './openai-fields.ts'
import type { TranslationNotes } from './translation-notes.ts'

/** Said where there is no word for them, these would be a lie. */
export const CHAT_REFUSED = {
  logprobs: 'token probabilities exist in Chat only',
  top_logprobs: 'token probabilities exist in Chat only',
  logit_bias: 'token biases exist in Chat only',
  audio: 'spoken answers exist in Chat only',
  prediction: 'predicted output exists in Chat only',
  web_search_options: 'the search would run at another provider',
  functions: 'only `tools` can be translated',
  function_call: 'only `tool_choice` can be translated',
}

/** A Chat Completions request, read for a target of another protocol. */
export function readChatRequest(body: JsonObject, notes: TranslationNotes): Conversation {
  const fields = new Fields(body, notes)
  fields.skip('model', 'stream', 'stream_options')
  fields.refuseGiven(CHAT_REFUSED)
  if ((fields.number('n')?.value ?? 1) > 1) notes.refuse('n', 'only Chat gives several answers')
  if (fields.list('modalities').some((modality) => modality !== 'text')) {
    notes.refuse('modalities', 'the other protocols answer in text')
  }
  const conversation = {
    items: readChatMessages(fields.objects('messages')),
    transcript: 'messages' as const,
    tools: fields.objects('tools').flatMap(readTool),
    settings: readSettings(fields),
    shared: readOpenaiFields(fields),
    prefill: undefined,
  }
  fields.dropRest()
  return conversation
}

function readSettings(fields: Fields): Settings {
  const maxTokens = fields.number('max_tokens')
  const [endUser, otherUser] = [fields.string('safety_identifier'), fields.string('user')]
  return {
    maxTokens: fields.number('max_completion_tokens') ?? maxTokens,
    stop: stopOf(fields),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    // Anthropic's own words, which LiteLLM's clients send through Chat.
    topK: fields.number('top_k'),
    thinking: fields.object('thinking'),
    frequencyPenalty: unlessZero(fields.number('frequency_penalty')),
    presencePenalty: unlessZero(fields.number('presence_penalty')),
    seed: fields.number('seed'),
    effort: fields.string('reasoning_effort'),
    verbosity: fields.string('verbosity'),
    format: formatOf(fields),
    toolChoice: toolChoiceOf(fields),
    oneToolCall: oneToolCallOf(fields),
    endUser: endUser ?? otherUser,
  }
}

function unlessZero(said: Said<number> | undefined): Said<number> | undefined {
  return said?.value === 0 ? undefined : said
}

function stopOf(fields: Fields): Said<readonly string[]> | undefined {
  const stop = fields.value('stop')
  const list: readonly JsonValue[] = typeof stop === 'string' ? [stop] : isArray(stop) ? stop : []
  const value = list.filter((sequence) => typeof sequence === 'string')
  return value.length === 0 ? undefined : { field: 'stop', value }
}

function readTool(tool: Fields): readonly Tool[] {
  const definition = tool.word('type') === 'function' ? tool.inside('function') : undefined
  if (definition === undefined) {
    tool.notes.refuse(tool.path, 'only function tools can be translated')
    return []
  }
  const strict = definition.boolean('strict')
  const read = {
    name: definition.string('name')?.value ?? '',
    description: definition.string('description')?.value,
    parameters: definition.object('parameters')?.value ?? { type: 'object', properties: {} },
    // Chat's own place for it says too much: it is a property of the tool.
    strict: strict && { field: 'tools.strict', value: strict.value },
    cacheControl: tool.object('cache_control'),
  }
  definition.dropRest()
  tool.dropRest()
  return [read]
}

function toolChoiceOf(fields: Fields): Said<ToolChoice> | undefined {
  const choice = fields.value('tool_choice')
  if (choice === undefined) return undefined
  if (choice === 'auto' || choice === 'none' || choice === 'required') {
    return { field: 'tool_choice', value: { mode: choice } }
  }
  const named = isObject(choice) ? fields.inside('tool_choice')?.value('function') : undefined
  const name = isObject(named) ? new Fields(named, fields.notes).string('name')?.value : undefined
  if (name === undefined) return fields.notes.refuse('tool_choice', 'only a function can be named')
  return { field: 'tool_choice', value: { mode: 'named', name } }
}

function oneToolCallOf(fields: Fields): Said<true> | undefined {
  const parallel = fields.boolean('parallel_tool_calls')
  return parallel?.value === false ? { field: parallel.field, value: true } : undefined
}

function formatOf(fields: Fields): Said<Format> | undefined {
  const format = fields.inside('response_format')
  if (format === undefined) return undefined
  const { path: field } = format
  switch (format.word('type')) {
    case 'text':
      return undefined
    case 'json_object':
      return { field, value: { kind: 'json-object' } }
    case 'json_schema': {
      const named = format.inside('json_schema')
      const schema = named?.object('schema')?.value
      if (named === undefined || schema === undefined) {
        return fields.notes.refuse(field, 'a schema must come with its `schema`')
      }
      return {
        field,
        value: {
          kind: 'json-schema',
          schema,
          name: named.string('name')?.value,
          description: named.string('description')?.value,
          strict: named.boolean('strict')?.value,
        },
      }
    }
    case undefined:
    default:
      return fields.notes.refuse(field, 'no other protocol has such a format')
  }
}
