import type { Turn } from '../answer-text.ts'
import type { ErrorShape, FinishReason, ProviderError } from '../script.ts'

/** One of the three APIs that the provider speaks, as its server would write it. */
export interface Protocol {
  readonly name: 'chat' | 'responses' | 'messages'
  /** The path of the API, at the end of whatever prefix the client's base URL has. */
  readonly path: string
  parse(body: Readonly<Record<string, unknown>>): ProviderRequest
  errorBody(status: number, error: ProviderError): unknown
  encoder(answer: Answer): Encoder
}

export interface ProviderRequest {
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  /** Chat only sends usage in a stream where it is asked for. */
  readonly includeUsage: boolean
  readonly maxTokens: number | undefined
  readonly tools: number
}

/** What is the same in every frame of one answer. */
export interface Answer {
  readonly id: string
  readonly model: string
  readonly createdS: number
  readonly inputTokens: number
  readonly includeUsage: boolean
  readonly tool: { readonly id: string; readonly name: string; readonly arguments: string }
}

/**
 * Writes one answer; a streaming one remembers what it has said (indexes, sequence numbers, text).
 */
export interface Encoder {
  prelude(): string
  words(text: string): string
  toolCall(part: 'half' | 'whole'): string
  error(error: ProviderError, shape?: ErrorShape): string
  malformed(): string
  terminal(reason: FinishReason): string
  closingFrame(): string
  /** The answer in one piece. */
  body(said: Said): unknown
}

export interface Said {
  readonly text: string
  readonly words: number
  readonly toolCall: boolean
  readonly reason: FinishReason
}

export function frame(data: unknown, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`
}

/** Half of a tool call's arguments: no JSON parser accepts it. */
export function halfOf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2))
}

/** An error whose fields stand at the top of its event. */
export function flatError({ type, code, message }: ProviderError): string {
  return frame({ type: 'error', code: code ?? type, message, param: null }, 'error')
}

export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) =>
      isRecord(part) && typeof part['text'] === 'string' ? part['text'] : '',
    )
    .join('')
}

export function turnsOf(messages: unknown): readonly Turn[] {
  if (!Array.isArray(messages)) return []
  return messages
    .filter((message: unknown) => isRecord(message))
    .map((message) => ({ role: stringOf(message['role']), text: textOf(message['content']) }))
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}
