import { createHmac } from 'node:crypto'

import type { AttributeValue, ContentShape } from '../../story/span.ts'
import { parseLiteral } from './parse-literal.ts'

/** Which way content went; `unknown` where the key does not tell. */
export type ContentSide = 'input' | 'output' | 'system' | 'unknown'

/** The newest of a long conversation: the end of it is what a continuation changes. */
const ROLES_MAX = 64

/** Content above this is told by its length alone: reading it all would hold up ingest. */
const PARSED_CHARS_MAX = 4 * 1024 * 1024

/** A closed list, because a role is stored as it came: a made-up one could carry content. */
const ROLES: ReadonlySet<string> = new Set([
  'system',
  'developer',
  'user',
  'human',
  'assistant',
  'model',
  'ai',
  'tool',
  'function',
])

/** Items of OpenAI's Responses API that have no role of their own. */
const ROLE_BY_TYPE: ReadonlyMap<string, string> = new Map([
  ['function_call', 'assistant'],
  ['reasoning', 'assistant'],
  ['function_call_output', 'tool'],
])

const TOOL_CALL_TYPES: ReadonlySet<string> = new Set(['tool_call', 'tool_use', 'function_call'])

/** Under which keys of a message its words stand, in any of the dialects. */
const TEXT_KEYS = [
  'content',
  'parts',
  'text',
  'refusal',
  'thinking',
  'reasoning_content',
  'arguments',
  'output',
] as const

/** Under which keys of an object a list of messages may stand. */
const LIST_KEYS = ['messages', 'input', 'choices', 'prompt'] as const

const ROLE_BY_SIDE = { input: 'user', output: 'assistant', system: 'system' } as const

interface Message {
  readonly role: string
  readonly text: string
  readonly toolCalls: number
}

/** What may be kept of content: who spoke, how much, and whether the model is to go on from it. */
export function shapeOf(
  value: AttributeValue,
  { side, salt }: { readonly side: ContentSide; readonly salt: Uint8Array },
): ContentShape {
  const messages = messagesOf(value, side)
  if (messages === undefined) {
    return shapeOfLength(textOf(value).length)
  }
  const last = messages.slice(-ROLES_MAX)
  const lastRole = last.at(-1)?.role ?? ''
  const firstUser = messages.find((message) => message.role === 'user' || message.role === 'human')
  const toolCalls = messages.reduce((sum, message) => sum + message.toolCalls, 0)
  return {
    secondwindShape: 1,
    roles: last.map((message) => message.role),
    messages: messages.length,
    lastRole,
    prefill: side !== 'output' && (lastRole === 'assistant' || lastRole === 'model'),
    lengths: last.map((message) => message.text.length),
    ...(firstUser !== undefined && side !== 'output'
      ? { firstUserHash: saltedHash(firstUser.text, salt) }
      : {}),
    ...(toolCalls > 0 ? { toolCalls } : {}),
  }
}

/** Where nothing but the length can be told. */
export function shapeOfLength(length: number): ContentShape {
  return {
    secondwindShape: 1,
    roles: [],
    messages: 0,
    lastRole: '',
    prefill: false,
    lengths: [length],
  }
}

/** 64 bits: enough to tell the requests of a time window apart, too few to be worth attacking. */
export function saltedHash(text: string, salt: Uint8Array): string {
  return createHmac('sha256', salt).update(text).digest('hex').slice(0, 16)
}

/** Whether a text is a list of messages, under whatever key it stands. */
export function looksLikeMessages(text: string): boolean {
  return /^\s*[[{]/u.test(text) && /['"]role['"]\s*:/u.test(text)
}

/** Undefined where the value cannot be read as messages: then nothing is said about roles. */
function messagesOf(value: AttributeValue, side: ContentSide): readonly Message[] | undefined {
  if (typeof value === 'string') return messagesOfText(value, side)
  if (isList(value)) {
    // A list of parts, such as system instructions, is one message.
    if (value.some((item) => hasRole(item))) return value.map((item) => messageOf(item, side))
    return side === 'unknown' || side === 'input'
      ? value.map((item) => messageOf(item, side))
      : [messageOf(value, side)]
  }
  if (value instanceof Map) {
    for (const key of LIST_KEYS) {
      const inner = value.get(key)
      if (isList(inner)) return messagesOf(inner, side)
    }
    if (hasRole(value)) return [messageOf(value, side)]
  }
  return undefined
}

function messagesOfText(text: string, side: ContentSide): readonly Message[] | undefined {
  const parsed =
    text.length <= PARSED_CHARS_MAX && /^\s*[[{("']/u.test(text) ? parseLiteral(text) : undefined
  if (parsed !== undefined && typeof parsed !== 'string') return messagesOf(parsed, side)
  // A list that was cut by a sender's length limit has lost its end, and with it the last role.
  if (side === 'unknown' || /^\s*[[{]/u.test(text)) return undefined
  return [{ role: ROLE_BY_SIDE[side], text, toolCalls: 0 }]
}

function messageOf(item: AttributeValue, side: ContentSide): Message {
  const inner = item instanceof Map ? item.get('message') : undefined
  const message = inner instanceof Map ? inner : item
  return { role: roleOf(message, side), text: textOf(message), toolCalls: toolCallsOf(message) }
}

function roleOf(message: AttributeValue, side: ContentSide): string {
  if (!(message instanceof Map)) return side === 'unknown' ? 'other' : ROLE_BY_SIDE[side]
  const role: unknown = message.get('role')
  if (typeof role === 'string' && ROLES.has(role)) return role
  const type: unknown = message.get('type')
  const byType = typeof type === 'string' ? ROLE_BY_TYPE.get(type) : undefined
  if (byType !== undefined) return byType
  return side === 'system' ? 'system' : 'other'
}

function hasRole(item: AttributeValue): boolean {
  if (!(item instanceof Map)) return false
  return item.has('role') || item.get('message') instanceof Map
}

function textOf(value: AttributeValue, depth = 0): string {
  if (typeof value === 'string') return value
  if (depth > PART_DEPTH_MAX) return ''
  if (isList(value)) return value.map((item) => textOf(item, depth + 1)).join('')
  if (!(value instanceof Map)) return ''
  const calls = value.get('tool_calls')
  return [
    ...TEXT_KEYS.map((key) => textOf(value.get(key) ?? null, depth + 1)),
    isList(calls) ? calls.map((call) => textOf(functionOf(call), depth + 1)).join('') : '',
  ].join('')
}

const PART_DEPTH_MAX = 16

function functionOf(call: AttributeValue): AttributeValue {
  return call instanceof Map ? (call.get('function') ?? call) : call
}

function toolCallsOf(message: AttributeValue): number {
  if (!(message instanceof Map)) return 0
  const calls = message.get('tool_calls')
  const own = isList(calls) ? calls.length : 0
  const parts = message.get('parts') ?? message.get('content') ?? null
  const inParts = isList(parts) ? parts.filter((part) => isToolCall(part)).length : 0
  return own + inParts + (isToolCall(message) ? 1 : 0)
}

function isToolCall(part: AttributeValue): boolean {
  const type: unknown = part instanceof Map ? part.get('type') : undefined
  return typeof type === 'string' && TOOL_CALL_TYPES.has(type)
}

function isList(value: AttributeValue | undefined): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
