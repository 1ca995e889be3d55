/**
 * What a behaviour does, as a list of steps. A streaming answer performs them one by one; an answer
 * in one piece keeps their sense (a cut in the middle of a stream is a body cut in the middle).
 */
export type Step =
  /** An HTTP error instead of an answer. */
  | {
      readonly step: 'refuse'
      readonly status: number
      readonly error: ProviderError
      readonly retryAfterS?: number
    }
  /** 200 and the headers of a stream. */
  | { readonly step: 'open'; readonly encoding?: 'gzip'; readonly framing?: Framing }
  /** What a stream says before its first content. */
  | { readonly step: 'prelude' }
  /** That many pieces of the answer, or all that is left. */
  | { readonly step: 'words'; readonly count: number | 'rest' }
  | { readonly step: 'tool-call'; readonly part: 'half' | 'whole' }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'error-event'; readonly error: ProviderError; readonly shape?: ErrorShape }
  /** A frame whose JSON cannot be parsed. */
  | { readonly step: 'malformed-frame' }
  /** What belongs into no stream, in the middle of one. */
  | { readonly step: 'stray'; readonly what: 'page' | 'half-event' | 'long-line' }
  /** A web page in the place of an answer. */
  | { readonly step: 'html-page'; readonly status: 200 | 502 }
  /** To an address of this provider's, which knows no model. */
  | { readonly step: 'redirect' }
  /** The answer in one piece, whatever was asked for. */
  | { readonly step: 'whole-answer' }
  /** `finish_reason`, `message_delta` with `stop_reason`, `response.completed`. */
  | { readonly step: 'terminal'; readonly reason: FinishReason }
  /** `[DONE]`, `message_stop`. */
  | { readonly step: 'closing-frame' }
  | { readonly step: 'end'; readonly how: Ending }

/** How the body of a stream is delimited. */
export type Framing =
  | 'chunked'
  /** By the end of the connection: HTTP cannot tell a cut from an end. */
  | 'until-close'
  /** A length that is promised and never reached. */
  | 'promised-length'

/** The shapes of an error event that providers are known for. */
export type ErrorShape =
  | 'nested'
  /** The error's fields stand at the top of the event. */
  | 'flat'
  /** The event has no name. */
  | 'unnamed'
  /** Chat: beside `choices`; Responses: `response.failed`; Messages has only the nested one. */
  | 'in-answer'

/** How a script ends; what is not `clean` is a break. */
export type Ending =
  /** The end that HTTP asks for; the connection lives on. */
  | 'clean'
  /** The gzip stream is left unfinished, and the chunked body is ended as if it were whole. */
  | 'clean-mid-gzip'
  /** FIN in the middle of the body. */
  | 'fin'
  /** RST. */
  | 'rst'
  /** Not a byte more; the connection stays open until the peer gives up. */
  | 'silence'
  /** Comments for ever. */
  | 'comments'

export type FinishReason = 'stop' | 'length' | 'tool-calls'

/** As providers report errors; each protocol has its own body for it. */
export interface ProviderError {
  readonly type: string
  readonly code: string | null
  readonly message: string
}

export type Script = readonly Step[]
