import type { JsonObject, JsonValue } from '../json.ts'
import { compact } from './compact.ts'
import type { Conversation, Format, Settings, Tool, ToolChoice } from './conversation.ts'
import { effortForOpenai } from './reasoning-effort.ts'
import type { TranslationNotes } from './translation-notes.ts'
import { openaiUser } from './user-id.ts'
import { writeChatMessages } from './write-chat-messages.ts'
import type { WriteTarget } from './write-target.ts'

/** Chat takes no more; the fifth would never stop anything. */
const STOP_SEQUENCES_MAX = 4

/** A request of another protocol, said to a Chat Completions target. */
export function writeChatRequest(
  conversation: Conversation,
  target: WriteTarget,
  notes: TranslationNotes,
): JsonObject {
  const { items, tools, settings, shared, prefill } = conversation
  if (prefill !== undefined) {
    notes.refuse(prefill, 'they end with a prefill, and Chat would answer it with a new message')
  }
  return compact({
    messages: writeChatMessages(items, notes),
    ...(target.stream ? { stream: true } : {}),
    tools: tools.length === 0 ? undefined : tools.map((tool) => writeTool(tool, notes)),
    ...writeSettings(settings, { target, notes, hasTools: tools.length > 0 }),
    ...writeShared(shared, notes),
  })
}

/** "The 'metadata' parameter is only allowed when 'store' is enabled", OpenAI says here alone. */
function writeShared(shared: Conversation['shared'], notes: TranslationNotes): JsonObject {
  const isStored = shared.some(({ field }) => field === 'store')
  const isSaid = ({ field }: { readonly field: string }) => isStored || field !== 'metadata'
  notes.dropSaid(...shared.filter((one) => !isSaid(one)))
  return Object.fromEntries(shared.filter(isSaid).map(({ field, value }) => [field, value]))
}

interface SettingsContext {
  readonly target: WriteTarget
  readonly notes: TranslationNotes
  readonly hasTools: boolean
}

function writeSettings(settings: Settings, context: SettingsContext): JsonObject {
  const { target, notes, hasTools } = context
  const { maxTokens, stop, temperature, topP, frequencyPenalty, presencePenalty, ...more } =
    settings
  const { seed, effort, thinking, verbosity, format, toolChoice, oneToolCall, ...rest } = more
  const { endUser, ...unsaid } = rest
  notes.dropSaid(...Object.values(unsaid))
  if (stop !== undefined && stop.value.length > STOP_SEQUENCES_MAX) {
    notes.refuse(stop.field, `Chat takes at most ${STOP_SEQUENCES_MAX}`)
  }
  const sampled = target.acceptsSampling ? { temperature, topP } : {}
  if (!target.acceptsSampling) notes.dropSaid(temperature, topP)
  return {
    max_completion_tokens: maxTokens?.value,
    stop: stop?.value,
    temperature: sampled.temperature?.value,
    top_p: sampled.topP?.value,
    frequency_penalty: frequencyPenalty?.value,
    presence_penalty: presencePenalty?.value,
    seed: seed?.value,
    reasoning_effort: effortForOpenai({ effort, thinking }, target, notes),
    verbosity: verbosity?.value,
    response_format: format && writeFormat(format.value),
    // A choice without tools is refused, and says nothing.
    tool_choice: hasTools && toolChoice ? writeToolChoice(toolChoice.value) : undefined,
    parallel_tool_calls: hasTools && oneToolCall ? false : undefined,
    ...openaiUser(endUser),
  }
}

function writeTool({ cacheControl, ...tool }: Tool, notes: TranslationNotes): JsonObject {
  notes.dropSaid(cacheControl)
  const definition = compact({
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    strict: tool.strict?.value,
  })
  return { type: 'function', function: definition }
}

function writeToolChoice(choice: ToolChoice): JsonValue {
  if (choice.mode !== 'named') return choice.mode
  return { type: 'function', function: { name: choice.name } }
}

function writeFormat(format: Format): JsonObject {
  if (format.kind === 'json-object') return { type: 'json_object' }
  const { schema, name = 'response', description, strict } = format
  return { type: 'json_schema', json_schema: compact({ name, description, schema, strict }) }
}
