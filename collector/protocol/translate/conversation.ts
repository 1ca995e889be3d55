import type { JsonObject, JsonValue } from '../json.ts'

/**
 * A request in no provider's words: what every protocol's request is read to, and what a request of
 * another protocol is written from. Three readers and three writers instead of six translations.
 */
export interface Conversation {
  readonly items: readonly Item[]
  /** The field that the items were read from. */
  readonly transcript: 'messages' | 'input'
  readonly tools: readonly Tool[]
  readonly settings: Settings
  /** OpenAI's fields that Chat and Responses spell alike and that change no word of the answer. */
  readonly shared: readonly Said<JsonValue>[]
  /**
   * Where the client's protocol takes a trailing assistant message as the beginning of the answer,
   * and the request ends with one: its field.
   */
  readonly prefill: string | undefined
}

/** A value, and the field of the client's request that said it: what we call it if we cannot. */
export interface Said<T> {
  readonly field: string
  readonly value: T
}

export type Item = MessageItem | ToolCall | ToolResult

export interface MessageItem {
  readonly kind: 'message'
  readonly role: 'system' | 'developer' | 'user' | 'assistant'
  readonly parts: readonly Part[]
}

export interface ToolCall {
  readonly kind: 'tool-call'
  /** Of the arguments. */
  readonly field: string
  readonly id: string
  readonly name: string
  readonly json: string
}

export interface ToolResult {
  readonly kind: 'tool-result'
  readonly id: string
  readonly isError: boolean
  readonly parts: readonly Part[]
  readonly cacheControl: Said<JsonObject> | undefined
}

export type Part = TextPart | RefusalPart | ImagePart | DocumentPart

export interface TextPart {
  readonly kind: 'text'
  readonly text: string
  /** Anthropic's word, which LiteLLM's Chat clients use too. */
  readonly cacheControl: Said<JsonObject> | undefined
}

export interface RefusalPart {
  readonly kind: 'refusal'
  readonly text: string
}

export interface ImagePart {
  readonly kind: 'image'
  readonly field: string
  readonly source: InlineSource | UrlSource
  readonly detail: Said<string> | undefined
  readonly cacheControl: Said<JsonObject> | undefined
}

export interface DocumentPart {
  readonly kind: 'document'
  readonly field: string
  readonly source: InlineSource | UrlSource
  readonly name: string | undefined
  readonly cacheControl: Said<JsonObject> | undefined
}

export interface InlineSource {
  readonly kind: 'inline'
  readonly mediaType: string
  readonly base64: string
}

export interface UrlSource {
  readonly kind: 'url'
  readonly url: string
}

/** A function that the client runs. Hosted and freeform tools are refused where they are read. */
export interface Tool {
  readonly name: string
  readonly description: string | undefined
  readonly parameters: JsonObject
  readonly strict: Said<boolean> | undefined
  readonly cacheControl: Said<JsonObject> | undefined
}

export type ToolChoice =
  | { readonly mode: 'auto' | 'none' | 'required' }
  | { readonly mode: 'named'; readonly name: string }

export type Format =
  | { readonly kind: 'json-object' }
  | {
      readonly kind: 'json-schema'
      readonly schema: JsonObject
      readonly name: string | undefined
      readonly description: string | undefined
      readonly strict: boolean | undefined
    }

/** A writer takes out what its protocol has a word for; the rest is dropped with one of ours. */
export interface Settings {
  readonly maxTokens?: Said<number> | undefined
  readonly stop?: Said<readonly string[]> | undefined
  readonly temperature?: Said<number> | undefined
  readonly topP?: Said<number> | undefined
  readonly topK?: Said<number> | undefined
  readonly frequencyPenalty?: Said<number> | undefined
  readonly presencePenalty?: Said<number> | undefined
  readonly seed?: Said<number> | undefined
  readonly effort?: Said<string> | undefined
  /** Anthropic's own object. */
  readonly thinking?: Said<JsonObject> | undefined
  readonly format?: Said<Format> | undefined
  readonly toolChoice?: Said<ToolChoice> | undefined
  /** Said only where it forbids parallel calls; all protocols allow them by default. */
  readonly oneToolCall?: Said<true> | undefined
  readonly endUser?: Said<string> | undefined
  readonly verbosity?: Said<string> | undefined
}
