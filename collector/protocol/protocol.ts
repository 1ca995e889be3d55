import type { Api } from '../vocabulary.ts'
import type { DecodedFrame, ProviderError, StopKind, StreamEvent, Usage } from './event.ts'
import type { JsonObject } from './json.ts'
import type { ToolIdForm } from './tool-id.ts'

/**
 * What each wire protocol offers. `protocol/` decodes and encodes; it knows no target, no timer and
 * no socket, so that it can also serve a tap that watches somebody else's router.
 */

/** A client's request, parsed once and never changed. */
export interface ClientRequest {
  readonly api: Api
  /** The model name that the client asked for. */
  readonly route: string
  readonly stream: boolean
  /** The client's JSON without the fields of `options`. */
  readonly body: JsonObject
  readonly source: RequestSource
  readonly features: RequestFeatures
  readonly options: RequestOptions
}

/** What the client wrote, and what it was read to; `body` shares its values, wherever it can. */
export interface RequestSource {
  readonly bytes: Uint8Array
  readonly json: JsonObject
}

/** What a request asks for that limits where it may go and how it may be continued. */
export interface RequestFeatures {
  readonly tools: number
  /** `auto`, `none`, `required` (also Anthropic's `any`) or `named`. Absent: not given. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | 'named'
  /** `json_object`, `json_schema`; absent for plain text. */
  readonly responseFormat?: 'json_object' | 'json_schema'
  readonly n: number
  readonly logprobs: boolean
  readonly audio: boolean
  readonly hostedTools: boolean
  /** Needs state that lives at one provider: file ids, containers, previous responses. */
  readonly stateful: boolean
  /** Which state, where the request names it by an id: an earlier response, a conversation. */
  readonly stateIds?: readonly string[]
  /** Responses only: the provider keeps the answer, and a next turn may name it. */
  readonly keepsAnswer?: true
  readonly thinking: boolean
  /** Chat only: the client asked for the usage chunk. */
  readonly includeUsage: boolean
  readonly maxTokens?: number
  readonly stopSequences: readonly string[]
}

/** Body fields that are ours or LiteLLM's, taken out before the request is sent on. */
export interface RequestOptions {
  readonly disableFallbacks: boolean
  readonly disableContinuation: boolean
  /** The client's own lists, each in place of the configured one. */
  readonly fallbacks?: readonly string[]
  readonly contextWindowFallbacks?: readonly string[]
  readonly contentPolicyFallbacks?: readonly string[]
  /** LiteLLM's `num_retries`. */
  readonly retriesMax?: number
  readonly timeoutMs?: number
  readonly streamTimeoutMs?: number
}

/** The wire's shape of a request, for spans: counts and names, never content. */
export interface PayloadShape {
  readonly messages: number
  readonly lastRole: string
  readonly prefill: boolean
  readonly bytes: number
  readonly tools: number
  readonly toolChoice?: string
  readonly responseFormat?: string
  readonly maxTokens?: number
}

/** How a fallback request goes on from what the client already has. */
export type Continuation =
  | { readonly strategy: 'restart' }
  | {
      readonly strategy: 'prefill'
      /** Text already delivered. */
      readonly partial: string
    }
  | {
      readonly strategy: 'user_turn'
      readonly partial: string
      /** The last few words delivered, which the target is asked to begin with. */
      readonly anchor: string
    }

/** What is known of a model that a translated request is written for. */
export interface ModelTraits {
  /** False: the model rejects `temperature`, `top_p` and `top_k`; they are dropped, and listed. */
  readonly acceptsSampling?: boolean
  /** False: the model rejects `top_p` beside `temperature` (Claude 4.1 and later). */
  readonly acceptsTopPWithTemperature?: boolean
  /** True: the model takes a reasoning effort. */
  readonly acceptsEffort?: boolean
  /** True: the model holds tool calls to their schema where it is told to. */
  readonly acceptsStrictTools?: boolean
  /** The limit that is asked of Anthropic where the client gave none. */
  readonly maxTokensDefault?: number
}

export interface UpstreamRequestInput extends ModelTraits {
  readonly request: ClientRequest
  /** The protocol that the target speaks. */
  readonly targetApi: Api
  /** The provider's model name, which replaces the route. */
  readonly model: string
  readonly continuation: Continuation
  /**
   * Extra body fields that a prefill needs there (Mistral, DeepSeek: on the message; vLLM: on the
   * body).
   */
  readonly prefillFlags?: PrefillFlags
  /** Tokens left for the client after what was delivered; absent: the client gave no limit. */
  readonly maxTokensLeft?: number
  /** What the target's deployment wants of every body. */
  readonly rules?: BodyRules
}

export interface PrefillFlags {
  readonly message?: JsonObject
  readonly body?: JsonObject
}

/**
 * What a deployment's server and its configuration want of every body that is sent there, whoever
 * the client is.
 */
export interface BodyRules {
  /** Sent where the client says nothing of it; in LiteLLM's words, which are Chat's. */
  readonly defaults?: JsonObject
  /** Taken out: LiteLLM's `additional_drop_params`, in Chat's words or the target's own. */
  readonly omit?: readonly string[]
  /** Set whatever the client sent: LiteLLM's `extra_body`. */
  readonly extra?: JsonObject
  /** Part of the provider's envelope, as `anthropic_version` is on Vertex AI. */
  readonly envelope?: JsonObject
  /** The provider wants the model in the path and nowhere else. */
  readonly modelInPath?: boolean
  /** The server's word for the limit, in a body that is not the client's own Chat. */
  readonly limitField?: ChatLimitField
  /** What the server refuses of Chat that others write. */
  readonly chatDialect?: ChatDialect
}

export type ChatLimitField = 'max_tokens' | 'max_completion_tokens'

/** Where a server's Chat is narrower than OpenAI's, or OpenAI's than that of others. */
export interface ChatDialect {
  /** A word for the limit that is refused, or taken and not obeyed. */
  readonly refusedLimitField?: ChatLimitField
  /** Ids of tool calls that another server gave may not fit here. */
  readonly toolIdForm?: ToolIdForm
}

export type UpstreamRequest =
  | {
      readonly kind: 'built'
      readonly body: Uint8Array
      readonly shape: PayloadShape
      readonly messagesAdded: number
      /** Fields of the client's request that the target's protocol has no word for. */
      readonly dropped: readonly string[]
      /** False where the target gets the client's request unchanged but for the model's name. */
      readonly changed: boolean
    }
  /** `field` names what cannot be said honestly in the target's protocol. */
  | { readonly kind: 'not-translatable'; readonly field: string; readonly detail: string }

export type ParsedRequest =
  | { readonly kind: 'parsed'; readonly request: ClientRequest }
  | { readonly kind: 'invalid'; readonly message: string; readonly param?: string }

/** A non-streaming answer, decoded far enough to check it and to say it in another protocol. */
export interface DecodedAnswer {
  readonly id: string
  readonly model: string
  readonly parts: readonly AnswerPart[]
  readonly stop: { readonly native: string; readonly stop: StopKind }
  readonly usage?: Usage
}

export type AnswerPart =
  | { readonly kind: 'text' | 'reasoning' | 'refusal'; readonly text: string }
  | {
      readonly kind: 'tool-call'
      readonly id: string
      readonly name: string
      readonly json: string
    }
  /** What no other protocol has a word for: a hosted tool's result, a freeform call, audio. */
  | { readonly kind: 'other'; readonly type: string }

export type AnswerResult =
  | { readonly kind: 'answer'; readonly answer: DecodedAnswer }
  | { readonly kind: 'error'; readonly error: ProviderError }
  /** It does not say why it ended: whoever put it together may have seen a cut stream (I1). */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'malformed'; readonly detail: string }

/** An answer in the client's protocol, or why it cannot be said there. */
export type EncodedAnswer =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'not-translatable'; readonly detail: string }

/** Pull-parser over an upstream's body; a frame split anywhere gives the same frames. */
export interface StreamDecoder {
  push(chunk: Uint8Array): readonly DecodedFrame[]
  /**
   * The body ended. An unterminated last frame was not received; what comes back is a last frame
   * whose bare CR could have been half of a CRLF until now.
   */
  end(): readonly DecodedFrame[]
}

/** Writes one client's stream from events, with one envelope whatever the number of attempts. */
export interface StreamEncoder {
  /**
   * Whether the client's protocol has a word for this content; what it has not is not delivered.
   */
  carries(event: StreamEvent): boolean
  /**
   * Why so much more cannot be said, or undefined; asked before `encode`, by protocols whose end
   * repeats the whole answer.
   */
  exceeds?(events: DecodedFrame['events']): string | undefined
  /** Bytes for events that came from a target of another protocol, or from behind a seam. */
  encode(events: DecodedFrame['events']): Uint8Array
  /**
   * Bytes for a frame of the client's own protocol: its own, but for what the client did not ask
   * for and what no SDK could read. Learns the envelope (id, model, open blocks) from it.
   */
  pass(frame: DecodedFrame): Uint8Array
  /** Another target goes on behind a seam: its indexes begin after those that are used. */
  continueWith(): void
  /** How `encode` says this end to the client, who need not know the target's word for it. */
  terminalWord(event: Extract<StreamEvent, { readonly kind: 'terminal' }>): string
  /** `[DONE]`, `message_stop`: what closes the envelope once the terminal went out. */
  closing(): Uint8Array
  /** The in-band failure frame that makes every SDK raise; never a terminal. */
  failure(error: ClientError): Uint8Array
  /** An SSE comment, safe in every protocol. */
  comment(text: string): Uint8Array
  /** Why what came so far cannot be said to its end in the client's protocol, if so. */
  readonly problem?: string | undefined
}

/** What the client is told: the root cause, with every later failure attached as detail. */
export interface ClientError {
  readonly statusCode: number
  readonly type: string
  readonly code?: string
  readonly message: string
  readonly param?: string
  readonly attempts: readonly ClientErrorAttempt[]
  readonly requestId?: string
}

interface ClientErrorAttempt {
  readonly number: number
  readonly deployment: string
  readonly reason: string
  readonly phase: string
  readonly statusCode?: number
  readonly message: string
}

export interface Protocol {
  readonly api: Api
  parseRequest(body: Uint8Array): ParsedRequest
  /** Shape of the client's own request. */
  shapeOf(request: ClientRequest): PayloadShape
  /** `choices` is the request's `n`: a Chat stream is complete when every choice is. */
  createDecoder(limits: StreamLimits, choices?: number): StreamDecoder
  createEncoder(context: EncoderContext): StreamEncoder
  decodeAnswer(body: Uint8Array): AnswerResult
  encodeAnswer(answer: DecodedAnswer, context: EncoderContext): EncodedAnswer
  /** An HTTP error body, or what can be read of it; never throws. */
  decodeError(statusCode: number, body: Uint8Array): ProviderError
  encodeError(error: ClientError): Uint8Array
}

export interface StreamLimits {
  readonly lineBytesMax: number
  readonly eventBytesMax: number
}

export interface EncoderContext {
  readonly request: ClientRequest
  /** Seconds since the epoch, for envelopes that we open ourselves. */
  readonly createdSeconds: number
  /** The same clock, when an answer is whole. */
  readonly nowSeconds: () => number
  /** Source of ids for envelopes that we open ourselves. */
  readonly createId: (prefix: string) => string
}
