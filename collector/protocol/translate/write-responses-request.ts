import type { JsonObject, JsonValue } from '../json.ts'
import { compact } from './compact.ts'
import type { Conversation, Format, Settings, Tool, ToolChoice } from './conversation.ts'
import { effortForOpenai } from './reasoning-effort.ts'
import type { TranslationNotes } from './translation-notes.ts'
import { writeResponsesInput } from './write-responses-input.ts'
import { openaiUser } from './user-id.ts'
import type { WriteTarget } from './write-target.ts'

/** A request of another protocol, said to an OpenAI Responses target. */
export function writeResponsesRequest(
  { items, tools, settings, shared, prefill }: Conversation,
  target: WriteTarget,
  notes: TranslationNotes,
): JsonObject {
  if (prefill !== undefined) {
    const detail = 'they end with a prefill, and Responses would answer it with a new message'
    notes.refuse(prefill, detail)
  }
  const { stop, maxTokens, temperature, topP, effort, thinking, verbosity, ...more } = settings
  const { format, toolChoice, oneToolCall, endUser, ...unsaid } = more
  if (stop !== undefined) notes.refuse(stop.field, 'Responses has no stop sequences')
  notes.dropSaid(...Object.values(unsaid))
  const sampled = target.acceptsSampling ? { temperature, topP } : {}
  if (!target.acceptsSampling) notes.dropSaid(temperature, topP)
  const written = effortForOpenai({ effort, thinking }, target, notes)
  const hasTools = tools.length > 0
  return compact({
    input: writeResponsesInput(items, notes),
    ...(target.stream ? { stream: true } : {}),
    // OpenAI's default is to keep the answer; nobody asked for that.
    store: false,
    max_output_tokens: maxTokens?.value,
    temperature: sampled.temperature?.value,
    top_p: sampled.topP?.value,
    reasoning: written === undefined ? undefined : { effort: written },
    text: textOf({ format, verbosity }),
    tools: hasTools ? tools.map((tool) => writeTool(tool, notes)) : undefined,
    // A choice without tools is refused, and says nothing.
    tool_choice: hasTools && toolChoice ? writeToolChoice(toolChoice.value) : undefined,
    parallel_tool_calls: hasTools && oneToolCall ? false : undefined,
    ...openaiUser(endUser),
    ...Object.fromEntries(shared.map(({ field, value }) => [field, value])),
  })
}

function textOf({
  format,
  verbosity,
}: Pick<Settings, 'format' | 'verbosity'>): JsonObject | undefined {
  if (format === undefined && verbosity === undefined) return undefined
  return compact({
    format: format && writeFormat(format.value),
    verbosity: verbosity?.value,
  })
}

function writeFormat(format: Format): JsonObject {
  if (format.kind === 'json-object') return { type: 'json_object' }
  const { schema, name = 'response', description, strict } = format
  return compact({ type: 'json_schema', name, description, schema, strict })
}

function writeTool({ cacheControl, ...tool }: Tool, notes: TranslationNotes): JsonObject {
  notes.dropSaid(cacheControl)
  return compact({
    type: 'function',
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    // Strict unless told otherwise here, and nowhere else.
    strict: tool.strict?.value ?? false,
  })
}

function writeToolChoice(choice: ToolChoice): JsonValue {
  return choice.mode === 'named' ? { type: 'function', name: choice.name } : choice.mode
}
