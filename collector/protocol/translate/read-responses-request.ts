import { isObject } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { Conversation, Format, Said, Settings, Tool, ToolChoice } from './conversation.ts'
import { Fields } from './fields.ts'
import { readResponsesInput } from './read-responses-input.ts'
import { readOpenaiFields } from './openai-fields.ts'
import type { TranslationNotes } from './translation-notes.ts'

/** Said where there is no word for them, these would be a lie. */
export const RESPONSES_REFUSED = {
  previous_response_id: 'the response lives at OpenAI',
  conversation: 'the conversation lives at OpenAI',
  prompt: 'the prompt template lives at OpenAI',
  background: 'the answer would be kept at OpenAI, to be fetched later',
  context_management: 'only OpenAI edits its context so',
  top_logprobs: 'token probabilities exist in one protocol only',
}

/** An OpenAI Responses request, read for a target of another protocol. */
export function readResponsesRequest(body: JsonObject, notes: TranslationNotes): Conversation {
  const fields = new Fields(body, notes)
  // `truncation: "disabled"` is what every other protocol does; `store` is OpenAI's default here.
  fields.skip('model', 'stream', 'stream_options')
  fields.refuseGiven(RESPONSES_REFUSED)
  readIncluded(fields)
  const truncation = fields.string('truncation')
  if (truncation?.value === 'auto') notes.dropSaid(truncation)
  const conversation = {
    items: readResponsesInput(fields),
    transcript: 'input' as const,
    tools: fields.objects('tools').flatMap(readTool),
    settings: readSettings(fields),
    shared: readOpenaiFields(fields),
    prefill: undefined,
  }
  fields.dropRest()
  return conversation
}

function readIncluded(fields: Fields): void {
  for (const included of fields.list('include')) {
    if (included === 'message.output_text.logprobs') {
      fields.notes.refuse('include', 'token probabilities exist in one protocol only')
    }
  }
  if (fields.list('include').length > 0) fields.notes.drop('include')
}

function readSettings(fields: Fields): Settings {
  const reasoning = fields.inside('reasoning')
  const text = fields.inside('text')
  const [endUser, otherUser] = [fields.string('safety_identifier'), fields.string('user')]
  const parallel = fields.boolean('parallel_tool_calls')
  const settings: Settings = {
    maxTokens: fields.number('max_output_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    effort: reasoning?.string('effort'),
    verbosity: text?.string('verbosity'),
    format: text && formatOf(text),
    toolChoice: toolChoiceOf(fields),
    oneToolCall: parallel?.value === false ? { field: parallel.field, value: true } : undefined,
    endUser: endUser ?? otherUser,
  }
  reasoning?.dropRest()
  text?.dropRest()
  return settings
}

function readTool(tool: Fields): readonly Tool[] {
  if (tool.word('type') !== 'function') {
    tool.notes.refuse(tool.path, 'only function tools can be translated')
    return []
  }
  const read = {
    name: tool.string('name')?.value ?? '',
    description: tool.string('description')?.value,
    parameters: tool.object('parameters')?.value ?? { type: 'object', properties: {} },
    strict: tool.boolean('strict'),
    cacheControl: undefined,
  }
  tool.dropRest()
  return [read]
}

function toolChoiceOf(fields: Fields): Said<ToolChoice> | undefined {
  const choice = fields.value('tool_choice')
  if (choice === undefined) return undefined
  const field = 'tool_choice'
  if (choice === 'auto' || choice === 'none' || choice === 'required') {
    return { field, value: { mode: choice } }
  }
  const named = isObject(choice) ? fields.inside('tool_choice') : undefined
  const name = named?.word('type') === 'function' ? named.string('name')?.value : undefined
  if (name === undefined) return fields.notes.refuse(field, 'only a function can be named')
  return { field, value: { mode: 'named', name } }
}

function formatOf(text: Fields): Said<Format> | undefined {
  const format = text.inside('format')
  if (format === undefined) return undefined
  const { path: field, notes } = format
  switch (format.word('type')) {
    case 'text':
      return undefined
    case 'json_object':
      return { field, value: { kind: 'json-object' } }
    case 'json_schema': {
      const schema = format.object('schema')?.value
      if (schema === undefined) return notes.refuse(field, 'a schema must come with its `schema`')
      const value: Format = {
        kind: 'json-schema',
        schema,
        name: format.string('name')?.value,
        description: format.string('description')?.value,
        strict: format.boolean('strict')?.value,
      }
      return { field, value }
    }
    case undefined:
    default:
      return notes.refuse(field, 'no other protocol has such a format')
  }
}
