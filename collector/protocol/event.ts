import type { ContentKind, UsageSource } from '../vocabulary.ts'
import type { JsonObject } from './json.ts'

/**
 * The internal event union: what every wire protocol's stream is decoded to, and what a stream of
 * another protocol is encoded from. One event is one fact; a frame may carry several.
 */
export type StreamEvent =
  /**
   * Role chunk, `message_start`, `response.created`: the envelope is open, nothing is shown yet.
   */
  | { readonly kind: 'start'; readonly id: string; readonly model: string }
  /** Comment, `ping`, keep-alive, empty delta, a block that opens or closes: shows nothing. */
  | { readonly kind: 'prelude' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  /** `index` counts tool calls from 0 in every protocol (never Anthropic's block index). */
  | {
      readonly kind: 'tool-call'
      readonly index: number
      readonly id: string
      readonly name: string
    }
  | { readonly kind: 'tool-arguments'; readonly index: number; readonly json: string }
  /** A valid event that we do not know: content, forwarded as it is in its own protocol. */
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** The protocol's own end. `native` is the provider's word for it. */
  | {
      readonly kind: 'terminal'
      readonly native: string
      readonly stop: StopKind
      /** The stop sequence that ended it, where the protocol names it. */
      readonly sequence?: string
    }
  /** `[DONE]`, `message_stop`: closes the envelope after the terminal. */
  | { readonly kind: 'closing' }
  /** An in-band error: `data: {"error":…}`, `event: error`, `finish_reason: "error"`. */
  | { readonly kind: 'error'; readonly error: ProviderError }
  /** What cannot be parsed as the protocol's envelope: a lost piece of an answer. */
  | { readonly kind: 'malformed'; readonly detail: string }

/** Why a model stopped, in no provider's words. */
export type StopKind = 'end' | 'length' | 'tool-calls' | 'filtered' | 'paused' | 'other'

/** Token counts as OpenAI counts them: `inputTokens` includes cached ones. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cachedInputTokens?: number
  readonly cacheWriteTokens?: number
  readonly reasoningTokens?: number
}

/** Tokens of one attempt, and how much of that its provider really said. */
export interface AttemptUsage extends Usage {
  readonly attempt: number
  readonly model: string
  readonly source: UsageSource
}

/** A provider's error, whatever its protocol; each field absent where the provider sent none. */
export interface ProviderError {
  readonly message: string
  readonly type?: string
  readonly code?: string
  readonly param?: string
  /** Set where an in-band error names an HTTP status (OpenRouter's numeric `code`). */
  readonly statusCode?: number
}

/** One frame of an upstream's stream: its exact bytes, and what they mean. */
export interface DecodedFrame {
  /** The frame's own bytes, terminator included: what same-protocol pass-through writes. */
  readonly raw: Uint8Array
  /** The frame's JSON, where it has some: what an encoder learns the envelope from. */
  readonly payload?: JsonObject | undefined
  readonly events: readonly StreamEvent[]
}

/** The content kind of an event, or `undefined` where it shows the client nothing. */
export function contentKind(event: StreamEvent): ContentKind | undefined {
  switch (event.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return event.text === '' ? undefined : event.kind
    case 'tool-call':
    case 'tool-arguments':
      return 'tool_call'
    case 'other':
      return 'other'
    case 'start':
    case 'prelude':
    case 'usage':
    case 'terminal':
    case 'closing':
    case 'error':
    case 'malformed':
      return undefined
    default:
      return event satisfies never
  }
}
