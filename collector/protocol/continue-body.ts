import type { Api } from '../vocabulary.ts'
import { arrayOf, isArray, isObject, numberOf, objectOf, own, stringOf, without } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Continuation, UpstreamRequestInput } from './protocol.ts'

/** A body in the target's protocol with what asks the target to go on. */
export interface ContinuedBody {
  readonly body: JsonObject
  readonly messagesAdded: number
  readonly dropped: readonly string[]
}

export function continueBody(body: JsonObject, input: UpstreamRequestInput): ContinuedBody {
  const { continuation, maxTokensLeft } = input
  const isRestart = continuation.strategy === 'restart' || continuation.partial.trim() === ''
  // Nothing but white space is nothing to go on from, and no provider takes it for a message.
  if (isRestart) return { body, messagesAdded: 0, dropped: [] }
  // "You can't pre-fill responses when thinking is enabled."
  const isPrefill = continuation.strategy === 'prefill'
  const asked = isPrefill ? without(body, PREFILL_EXCLUDES) : body
  const limited = maxTokensLeft === undefined ? asked : withMaxTokens(asked, maxTokensLeft)
  const { field, before, withPartial } = transcriptOf(limited, input.targetApi)
  if (isPrefill) {
    // Claude rejects white space at the end of a prefill; the seam guard knows what was cut off.
    const messages = withPartial(continuation.partial.trimEnd(), input.prefillFlags?.message)
    return {
      body: { ...limited, [field]: messages, ...input.prefillFlags?.body },
      messagesAdded: messages.length - before.length,
      dropped: own(body, 'thinking') === undefined ? [] : ['thinking'],
    }
  }
  const messages = [
    ...withPartial(continuation.partial),
    { role: 'user', content: continueInstruction(continuation.anchor) },
  ]
  const messagesAdded = messages.length - before.length
  return { body: { ...limited, [field]: messages }, messagesAdded, dropped: [] }
}

const PREFILL_EXCLUDES: ReadonlySet<string> = new Set(['thinking'])

/**
 * Anthropic's published wording for models that reject a prefill, plus the anchor: a model that
 * begins with words that the client already has shows where it goes on.
 */
export function continueInstruction(anchor: string): string {
  return (
    `Your previous response was interrupted and ended with:\n\n${anchor}\n\n` +
    'Continue from where you left off. Begin your reply by repeating exactly those last words, ' +
    'then go on from there. Do not start over, and do not comment on the interruption.'
  )
}

/** Where a protocol keeps the conversation, and how a partial answer stands in it. */
interface Transcript {
  readonly field: 'messages' | 'input'
  readonly before: readonly JsonValue[]
  readonly withPartial: (partial: string, flags?: JsonObject) => readonly JsonValue[]
}

function transcriptOf(body: JsonObject, api: Api): Transcript {
  if (api === 'responses') {
    const before = inputItems(own(body, 'input'))
    return { field: 'input', before, withPartial: (partial) => [...before, outputItem(partial)] }
  }
  const before = arrayOf(body, 'messages') ?? []
  return {
    field: 'messages',
    before,
    withPartial: (partial, flags = {}) => joinedTo(before, partial, flags),
  }
}

function inputItems(input: JsonValue | undefined): readonly JsonValue[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  return isArray(input) ? input : []
}

/**
 * Without an id: OpenAI looks for a stored item behind one, and for the reasoning that came before
 * it. The failed attempt's own reasoning is left behind, for no other target could read it.
 */
function outputItem(text: string): JsonObject {
  const content = [{ type: 'output_text', text, annotations: [] }]
  return { type: 'message', role: 'assistant', content }
}

/** The partial answer as the last assistant message; joined to the client's own prefill, if any. */
function joinedTo(
  messages: readonly JsonValue[],
  partial: string,
  flags: JsonObject,
): readonly JsonValue[] {
  const last = messages.at(-1)
  const isPrefilled = isObject(last) && stringOf(last, 'role') === 'assistant'
  if (!isPrefilled) return [...messages, { role: 'assistant', content: partial, ...flags }]
  const content = joined(own(last, 'content'), partial)
  return [...messages.slice(0, -1), { ...last, content, ...flags }]
}

function joined(content: JsonValue | undefined, partial: string): JsonValue {
  if (!isArray(content)) return (typeof content === 'string' ? content : '') + partial
  const last = content.at(-1)
  if (!isObject(last) || stringOf(last, 'type') !== 'text') {
    return [...content, { type: 'text', text: partial }]
  }
  const text = (stringOf(last, 'text') ?? '') + partial
  return [...content.slice(0, -1), { ...last, text }]
}

const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const

/**
 * Only where a limit was: who gave none gets none. Anthropic wants it above the budget for
 * thinking, which the next target spends anew; the client's own limit is, and stays the highest.
 */
function withMaxTokens(body: JsonObject, maxTokens: number): JsonObject {
  const field = LIMIT_FIELDS.find((name) => typeof own(body, name) === 'number')
  if (field === undefined) return body
  const budget = numberOf(objectOf(body, 'thinking') ?? {}, 'budget_tokens') ?? 0
  const limit = budget === 0 ? maxTokens : Math.min(numberOf(body, field) ?? 0, budget + maxTokens)
  return { ...body, [field]: limit }
}

export function isContinued(continuation: Continuation): boolean {
  return continuation.strategy !== 'restart'
}
