import { numberOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { compact } from './compact.ts'
import type { Conversation, Format, Said, Settings, Tool } from './conversation.ts'
import { effortForAnthropic } from './reasoning-effort.ts'
import type { TranslationNotes } from './translation-notes.ts'
import { fitUserId } from './user-id.ts'
import { writeMessagesTurns } from './write-messages-turns.ts'
import type { WriteTarget } from './write-target.ts'

/** Anthropic's limit for `metadata.user_id`. */
const USER_ID_CHARS_MAX = 256

interface WriteContext {
  readonly target: WriteTarget
  readonly notes: TranslationNotes
}

/** A request of another protocol, said to an Anthropic Messages target. */
export function writeMessagesRequest(
  { items, transcript, tools, settings, shared }: Conversation,
  target: WriteTarget,
  notes: TranslationNotes,
): JsonObject {
  const context = { target, notes }
  const { system, messages } = writeMessagesTurns(items, notes)
  if (messages.length === 0) {
    notes.refuse(transcript, 'Anthropic demands a message beside those for the system')
  }
  const { maxTokens, stop, topK, thinking, format, toolChoice, oneToolCall, ...rest } = settings
  const { temperature, topP, effort, endUser, ...unsaid } = rest
  notes.dropSaid(...Object.values(unsaid), ...shared)
  return compact({
    max_tokens: maxTokens?.value ?? defaultMaxTokens(thinking, target),
    system: system.length === 0 ? undefined : system,
    messages,
    ...(target.stream ? { stream: true } : {}),
    stop_sequences: stop && stopSequences(stop, notes),
    ...sampling({ temperature, topP, topK }, context),
    thinking: thinking?.value,
    tools: tools.length === 0 ? undefined : tools.map((tool) => writeTool(tool, context)),
    tool_choice: tools.length === 0 ? undefined : writeToolChoice({ toolChoice, oneToolCall }),
    output_config: outputConfig({ format, effort }, context),
    metadata: endUser && { user_id: fitUserId(endUser.value, USER_ID_CHARS_MAX) },
  })
}

/** A thinking budget is part of the limit, and must be smaller. */
function defaultMaxTokens(thinking: Settings['thinking'], target: WriteTarget): number {
  const budget = thinking && numberOf(thinking.value, 'budget_tokens')
  return (budget ?? 0) + target.maxTokensDefault
}

function stopSequences(
  { field, value }: Said<readonly string[]>,
  notes: TranslationNotes,
): readonly string[] {
  if (value.some((sequence) => sequence.trim() === '')) {
    notes.refuse(field, 'Anthropic takes no stop sequence of white space')
  }
  return value
}

type Sampling = Pick<Settings, 'temperature' | 'topP' | 'topK'>

function sampling({ temperature, topP, topK }: Sampling, context: WriteContext): JsonObject {
  if (!context.target.acceptsSampling) {
    context.notes.dropSaid(temperature, topP, topK)
    return {}
  }
  // OpenAI goes to 2, Anthropic to 1.
  const isHot = temperature !== undefined && temperature.value > 1
  if (isHot) context.notes.dropSaid(temperature)
  const isAlone = temperature === undefined || context.target.acceptsTopPWithTemperature
  if (!isAlone) context.notes.dropSaid(topP)
  return {
    temperature: isHot ? 1 : temperature?.value,
    top_p: isAlone ? topP?.value : undefined,
    top_k: topK?.value,
  }
}

function writeTool(
  { name, description, parameters, strict, cacheControl }: Tool,
  { target, notes }: WriteContext,
): JsonObject {
  const isStrict = strict?.value === true
  if (isStrict && !target.acceptsStrictTools) notes.dropSaid(strict)
  return compact({
    name,
    description,
    input_schema: parameters,
    strict: isStrict && target.acceptsStrictTools ? true : undefined,
    cache_control: cacheControl?.value,
  })
}

function writeToolChoice({
  toolChoice,
  oneToolCall,
}: Pick<Settings, 'toolChoice' | 'oneToolCall'>): JsonObject | undefined {
  const parallel = oneToolCall === undefined ? {} : { disable_parallel_tool_use: true }
  if (toolChoice === undefined) return oneToolCall && { type: 'auto', ...parallel }
  const { value } = toolChoice
  switch (value.mode) {
    case 'none':
      return { type: 'none' }
    case 'required':
      return { type: 'any', ...parallel }
    case 'named':
      return { type: 'tool', name: value.name, ...parallel }
    case 'auto':
      return { type: 'auto', ...parallel }
    default:
      return value satisfies never
  }
}

function outputConfig(
  { format, effort }: Pick<Settings, 'format' | 'effort'>,
  { target, notes }: WriteContext,
): JsonObject | undefined {
  const written = effortForAnthropic(effort, target, notes)
  const config = compact({ format: format && writeFormat(format, notes), effort: written })
  return Object.keys(config).length === 0 ? undefined : config
}

function writeFormat(
  { field, value }: Said<Format>,
  notes: TranslationNotes,
): JsonObject | undefined {
  if (value.kind === 'json-schema') return { type: 'json_schema', schema: value.schema }
  return notes.refuse(field, 'Anthropic knows JSON by schema only')
}
