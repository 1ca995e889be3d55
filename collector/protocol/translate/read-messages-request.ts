import { isHostedTool } from '../messages/parse-messages-request.ts'
import type { JsonObject } from '../json.ts'
import type { Conversation, Format, Said, Settings, Tool, ToolChoice } from './conversation.ts'
import { Fields } from './fields.ts'
import { readMessagesTurns, readSystem } from './read-messages-turns.ts'
import type { TranslationNotes } from './translation-notes.ts'

/** State and tools of Anthropic's own. */
export const MESSAGES_REFUSED = {
  container: 'it names state that lives at Anthropic',
  mcp_servers: 'the tools would run at Anthropic',
  context_management: 'only Anthropic edits its context so',
}

/** An Anthropic Messages request, read for a target of another protocol. */
export function readMessagesRequest(body: JsonObject, notes: TranslationNotes): Conversation {
  const fields = new Fields(body, notes)
  fields.skip('model', 'stream')
  fields.refuseGiven(MESSAGES_REFUSED)
  const turns = fields.objects('messages')
  const conversation = {
    items: [...readSystem(fields), ...readMessagesTurns(turns)],
    transcript: 'messages' as const,
    tools: fields.objects('tools').flatMap(readTool),
    settings: readSettings(fields),
    shared: [],
    prefill: turns.at(-1)?.word('role') === 'assistant' ? 'messages' : undefined,
  }
  fields.dropRest()
  return conversation
}

function readSettings(fields: Fields): Settings {
  const output = fields.inside('output_config')
  const user = fields.inside('metadata')
  const settings: Settings = {
    maxTokens: fields.number('max_tokens'),
    stop: stopOf(fields),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.number('top_k'),
    thinking: fields.object('thinking'),
    effort: output?.string('effort'),
    format: output && formatOf(output),
    ...toolChoiceOf(fields),
    endUser: user?.string('user_id'),
  }
  output?.dropRest()
  user?.dropRest()
  return settings
}

function stopOf(fields: Fields): Said<readonly string[]> | undefined {
  const value = fields.list('stop_sequences').filter((sequence) => typeof sequence === 'string')
  return value.length === 0 ? undefined : { field: 'stop_sequences', value }
}

function readTool(tool: Fields): readonly Tool[] {
  const type = tool.string('type')?.value
  if (isHostedTool(type === undefined ? {} : { type })) {
    tool.notes.refuse(tool.path, 'the tool would run at Anthropic')
    return []
  }
  const read = {
    name: tool.string('name')?.value ?? '',
    description: tool.string('description')?.value,
    parameters: tool.object('input_schema')?.value ?? { type: 'object', properties: {} },
    strict: tool.boolean('strict'),
    cacheControl: tool.object('cache_control'),
  }
  tool.dropRest()
  return [read]
}

function toolChoiceOf(fields: Fields): Pick<Settings, 'toolChoice' | 'oneToolCall'> {
  const choice = fields.inside('tool_choice')
  if (choice === undefined) return {}
  const isOne = choice.boolean('disable_parallel_tool_use')?.value === true
  const oneToolCall = isOne ? { field: choice.path, value: true as const } : undefined
  const value = modeOf(choice)
  return { toolChoice: value && { field: choice.path, value }, oneToolCall }
}

function modeOf(choice: Fields): ToolChoice | undefined {
  switch (choice.word('type')) {
    case 'auto':
      return { mode: 'auto' }
    case 'any':
      return { mode: 'required' }
    case 'none':
      return { mode: 'none' }
    case 'tool':
      return { mode: 'named', name: choice.string('name')?.value ?? '' }
    case undefined:
    default:
      return choice.notes.refuse(choice.path, 'no other protocol has such a choice')
  }
}

function formatOf(output: Fields): Said<Format> | undefined {
  const format = output.inside('format')
  if (format === undefined) return undefined
  const schema = format.object('schema')?.value
  if (format.word('type') !== 'json_schema' || schema === undefined) {
    return format.notes.refuse(format.path, 'only JSON by schema can be translated')
  }
  return {
    field: format.path,
    value: {
      kind: 'json-schema',
      schema,
      name: undefined,
      description: undefined,
      // Anthropic holds a model to every schema; OpenAI only where it is told to.
      strict: true,
    },
  }
}
