import type { SidecarConfig } from '../config/config.ts'
import type { DeliveredCounts } from '../continuation/client-stream.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { Usage } from '../protocol/event.ts'
import type { Failure } from '../upstream/failure.ts'
import type { ResponseHead, UpstreamCall, UpstreamClient } from '../upstream/send.ts'
import type { Cancellation, CancelCause } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { AttemptRecorder } from './recorder.ts'
import type { AttemptLimits } from './watchdog.ts'

/** One upstream call, whole or streamed: what it is made with and what came of it. */
export interface AttemptInput {
  readonly call: UpstreamCall
  readonly targetProtocol: Protocol
  readonly apiKey: string | undefined
  readonly limits: AttemptLimits
  readonly config: SidecarConfig
  readonly clock: Clock
  readonly upstream: UpstreamClient
  readonly cancellation: Cancellation
  readonly recorder: AttemptRecorder
}

export type AttemptResult =
  | {
      readonly kind: 'complete'
      readonly closingFrameAdded: boolean
      /** Non-streaming: the answer as the client reads it. */
      readonly body?: Uint8Array
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'cancelled'; readonly cause: CancelCause }

/** What was seen of an attempt's answer, for its span. */
export interface AttemptFacts {
  head?: ResponseHead
  responseId?: string
  responseModel?: string
  finishReason?: string
  usage?: Usage
  receivedTerminal: boolean
  preludeEvents: number
  chunks: number
  /** Of all content that came, delivered or not. */
  contentChars: number
  longestSilenceMs: number
}

export interface AttemptOutcome {
  readonly result: AttemptResult
  readonly facts: Readonly<AttemptFacts>
  readonly delivered: DeliveredCounts
}

export const NOTHING_DELIVERED: DeliveredCounts = { chunks: 0, chars: 0, kinds: [], toolCalls: 0 }

export function createFacts(): AttemptFacts {
  return {
    receivedTerminal: false,
    preludeEvents: 0,
    chunks: 0,
    contentChars: 0,
    longestSilenceMs: 0,
  }
}
