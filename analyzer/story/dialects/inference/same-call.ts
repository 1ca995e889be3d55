import { firstText, jsonObject, text } from '../../attributes.ts'
import type { Attributes, Span } from '../../span.ts'
import type { InferenceCall } from './call.ts'
import { withoutTraceback } from './failure.ts'

/**
 * Whether two libraries tell of one call, by what both wrote of it: nothing that differs, and one
 * thing at least that two calls at one time do not have in common.
 */
export function isSameCall(above: InferenceCall, below: InferenceCall): boolean {
  const answer = compare(responseIdOf(above), responseIdOf(below))
  if (answer !== 'same' && !sharesModel(above, below)) return false
  const signs = [
    answer,
    compare(firstUserHashOf(above.operation), firstUserHashOf(below.operation)),
    compareTokens(above, below),
    messageOf(above) === messageOf(below) ? compare(messageOf(above), messageOf(below)) : 'untold',
  ]
  return signs.includes('same') && !signs.includes('other')
}

/** What stands inside of a call, and is another model's answer of another length, is no part. */
export function isOtherCall(above: InferenceCall, below: InferenceCall): boolean {
  const [outside, inside] = [above.usage?.outputTokens, below.usage?.outputTokens]
  return compare(outside, inside) === 'other' && !sharesModel(above, below)
}

/** Where neither says its model, nothing is shared. */
export function sharesModel(one: InferenceCall, other: InferenceCall): boolean {
  const names = modelsOf(one)
  return modelsOf(other).some((name) => names.includes(name))
}

type Comparison = 'same' | 'other' | 'untold'

function compare<T>(one: T | undefined, other: T | undefined): Comparison {
  if (one === undefined || other === undefined) return 'untold'
  return one === other ? 'same' : 'other'
}

/** Libraries count cached input differently; what came out they all count as it was reported. */
function compareTokens({ usage: one }: InferenceCall, { usage: other }: InferenceCall): Comparison {
  const output = compare(one?.outputTokens, other?.outputTokens)
  if (output !== 'same') return output
  return compare(one?.inputTokens, other?.inputTokens) === 'same' ? 'same' : 'untold'
}

function responseIdOf({ operation }: InferenceCall): string | undefined {
  return firstText(operation.attributes, ['gen_ai.response.id', 'ai.response.id'])
}

/** `openai/gpt-4o` and `gpt-4o` are one model. */
function modelsOf({ model, responseModel }: InferenceCall): readonly string[] {
  return [model, responseModel].flatMap((name) => name?.toLowerCase().split('/').at(-1) ?? [])
}

function messageOf({ error }: InferenceCall): string | undefined {
  return error?.message === undefined ? undefined : withoutTraceback(error.message)
}

/** Salted: of equal messages equal, and nothing else is kept of what was asked. */
function firstUserHashOf({ attributes }: Span): string | undefined {
  for (const key of ['gen_ai.input.messages', 'ai.prompt.messages']) {
    const told = hashAt(attributes, key)
    if (told !== undefined) return told
  }
  for (let index = 0; index < MESSAGES_MAX; index += 1) {
    const message = `llm.input_messages.${index}.message`
    const role = text(attributes, `${message}.role`)
    if (role === 'user' || role === 'human') return hashAt(attributes, `${message}.content`)
  }
  return undefined
}

/** The first user speaks at the beginning, or after the system. */
const MESSAGES_MAX = 2

function hashAt(attributes: Attributes, key: string): string | undefined {
  const hash = jsonObject(attributes, key)?.get('firstUserHash')
  return typeof hash === 'string' ? hash : undefined
}
