import type { Api } from '../vocabulary.ts'
import { own, without } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { BodyRules, UpstreamRequestInput } from './protocol.ts'

const LIMIT_FIELDS = ['max_tokens', 'max_completion_tokens'] as const
type LimitField = (typeof LIMIT_FIELDS)[number]

export interface RuledBody {
  readonly body: JsonObject
  /** Something that the client said, or left unsaid, is otherwise now: a 400 may be our doing. */
  readonly changed: boolean
  readonly dropped: readonly string[]
}

/** Applied last, to the body as the target would get it. */
export function applyBodyRules(body: JsonObject, input: UpstreamRequestInput): RuledBody {
  const { rules } = input
  if (rules === undefined) return { body, changed: false, dropped: [] }
  const renamed = withLimitField(body, input, rules.limitField)
  const defaults = defaultsFor(renamed, rules, input)
  const dropped = (rules.omit ?? [])
    .map((name) => wordOf(name, input.targetApi) ?? name)
    .filter((field) => own(renamed, field) !== undefined)
  const omitted = rules.modelInPath === true ? [...dropped, 'model'] : dropped
  const added = { ...defaults, ...rules.extra }
  return {
    body: withFields(renamed, omitted, { ...added, ...rules.envelope }),
    changed: dropped.length > 0 || Object.keys(added).length > 0,
    dropped,
  }
}

/** The same object where there is nothing to say: most deployments have nothing to say. */
function withFields(body: JsonObject, omitted: readonly string[], added: JsonObject): JsonObject {
  const kept = omitted.length === 0 ? body : without(body, new Set(omitted))
  return Object.keys(added).length === 0 ? kept : Object.assign({}, kept, added)
}

/** The word of each default in each protocol; one that is not here has no word but Chat's. */
const WORDS: ReadonlyMap<string, Partial<Readonly<Record<Api, string>>>> = new Map([
  ['temperature', { chat: 'temperature', messages: 'temperature', responses: 'temperature' }],
  ['top_p', { chat: 'top_p', messages: 'top_p', responses: 'top_p' }],
  ['top_k', { chat: 'top_k', messages: 'top_k' }],
  ['stop', { chat: 'stop', messages: 'stop_sequences' }],
  ['thinking', { chat: 'thinking', messages: 'thinking' }],
  ['service_tier', { chat: 'service_tier', responses: 'service_tier' }],
  ['parallel_tool_calls', { chat: 'parallel_tool_calls', responses: 'parallel_tool_calls' }],
  ['user', { chat: 'user', responses: 'user' }],
])

const SAMPLING: ReadonlySet<string> = new Set(['temperature', 'top_p', 'top_k'])

function defaultsFor(body: JsonObject, rules: BodyRules, input: UpstreamRequestInput): JsonObject {
  const chosen: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(rules.defaults ?? {})) {
    if (value === undefined) continue
    const isLimit = name === 'max_tokens' || name === 'max_completion_tokens'
    const field = isLimit ? limitWord(name, rules, input) : wordOf(name, input.targetApi)
    if (field === undefined) continue
    if (input.acceptsSampling === false && SAMPLING.has(field)) continue
    const given = isLimit ? hasLimit(input) : own(body, field) !== undefined
    if (!given) chosen[field] = field === 'stop_sequences' ? toList(value) : value
  }
  return chosen
}

function wordOf(name: string, api: Api): string | undefined {
  const words = WORDS.get(name)
  if (words !== undefined) return words[api]
  return api === 'chat' ? name : undefined
}

/** A translated body may have a limit that we made up; what the client said is what counts. */
function hasLimit({ request }: UpstreamRequestInput): boolean {
  return request.features.maxTokens !== undefined
}

function limitWord(name: LimitField, rules: BodyRules, { targetApi }: UpstreamRequestInput) {
  if (targetApi === 'chat') return rules.limitField ?? name
  return targetApi === 'messages' ? 'max_tokens' : 'max_output_tokens'
}

function toList(value: JsonValue): JsonValue {
  return Array.isArray(value) ? value : [value]
}

/**
 * One limit under the name that the server knows: some refuse the newer word, some the older. A
 * Chat client's own word stays.
 */
function withLimitField(
  body: JsonObject,
  { request, targetApi }: UpstreamRequestInput,
  field: LimitField | undefined,
): JsonObject {
  if (targetApi !== 'chat' || request.api === 'chat') return body
  const other = LIMIT_FIELDS.find((name) => name !== field && own(body, name) !== undefined)
  if (field === undefined || other === undefined) return body
  return withFields(body, [other], { [field]: own(body, other) })
}
