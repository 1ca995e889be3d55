import type { Api } from '../vocabulary.ts'
import { own, without } from './json.ts'
import { fitChatBody } from './fit-chat-body.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { BodyRules, ChatLimitField, UpstreamRequestInput } from './protocol.ts'

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
  const fitted = fitToServer(body, rules, input)
  const defaults = defaultsFor(fitted, rules, input)
  const dropped = (rules.omit ?? [])
    .map((name) => wordOf(name, input.targetApi) ?? name)
    .filter((field) => own(fitted, field) !== undefined)
  const omitted = rules.modelInPath === true ? [...dropped, 'model'] : dropped
  const added = { ...defaults, ...rules.extra }
  return {
    body: withFields(fitted, omitted, { ...added, ...rules.envelope }),
    changed: fitted !== body || dropped.length > 0 || Object.keys(added).length > 0,
    dropped,
  }
}

/** A Chat client's own word for the limit stays, unless the server is known to refuse it. */
function fitToServer(body: JsonObject, rules: BodyRules, input: UpstreamRequestInput): JsonObject {
  if (input.targetApi !== 'chat') return body
  const { limitField, chatDialect = {} } = rules
  if (input.request.api === 'chat') return fitChatBody(body, chatDialect)
  const refused = limitField === undefined ? {} : { refusedLimitField: OTHER_WORD[limitField] }
  return fitChatBody(body, { ...chatDialect, ...refused })
}

/** One limit under the name that the server knows: some refuse the newer word, some the older. */
const OTHER_WORD: Readonly<Record<ChatLimitField, ChatLimitField>> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
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

function limitWord(name: ChatLimitField, rules: BodyRules, { targetApi }: UpstreamRequestInput) {
  if (targetApi === 'chat') return rules.limitField ?? name
  return targetApi === 'messages' ? 'max_tokens' : 'max_output_tokens'
}

function toList(value: JsonValue): JsonValue {
  return Array.isArray(value) ? value : [value]
}
