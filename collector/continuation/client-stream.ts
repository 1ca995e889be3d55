import type { ClientError } from '../protocol/protocol.ts'
import type { AttemptUsage, DecodedFrame } from '../protocol/event.ts'
import type { Api, ContentKind, Strategy } from '../vocabulary.ts'

/**
 * One client's stream over any number of attempts: holds the prelude until commit, passes frames
 * through raw while client and target speak the same protocol, splices after a seam. Pure: the time
 * is an argument, bytes are results.
 */
export interface ClientStream {
  readonly committed: boolean
  /** The terminal reached the client: nothing that follows can fail this answer (I1). */
  readonly terminal: string | undefined
  /** The closing frame went out too: whatever the target still says, nothing will be written. */
  readonly closed: boolean
  readonly delivered: DeliveredCounts & {
    /** Of the content that came last, which is what a break leaves open. */
    readonly lastKind: ContentKind | undefined
    /** Text of all attempts as the client holds it, up to the buffer limit. */
    readonly text: string
    /** False where the text outgrew the buffer: no continuation can be built from it. */
    readonly textComplete: boolean
  }
  /** The share of the attempt whose frames come now. */
  readonly attemptDelivered: DeliveredCounts
  readonly seam: Seam | undefined
  /** When a held-back seam must be decided at the latest; the caller sets a timer for it. */
  readonly heldUntilMs: number | undefined
  /** The attempt whose frames come next; the first call opens the stream. */
  startAttempt(attempt: StreamAttempt, nowMs: number): void
  /**
   * The caller has looked at the frame for `error` and `malformed` before; here they say nothing.
   */
  accept(frame: DecodedFrame, nowMs: number): StreamStep
  /** The hold's time is over: join what is held, unverified. */
  release(nowMs: number): StreamStep
  /** The attempt's body ended after its terminal: adds a missing closing frame. */
  finish(nowMs: number): FinishStep
  /** The in-band failure frame; never a terminal. */
  fail(error: ClientError): Uint8Array
  /** An SSE comment: keep-alive while the headers are out and nothing else is. */
  comment(text: string): Uint8Array
  /** `model` as the client read it, from the envelope. */
  readonly model: string | undefined
  /** Envelopes sent: more than one is a defect of ours. */
  readonly envelopes: number
}

export interface StreamAttempt {
  readonly number: number
  readonly targetApi: Api
  readonly model: string
  readonly strategy: Strategy
  readonly anchor?: string
  readonly requireAnchor: boolean
  /** Of the attempts before it that reached their model. */
  readonly earlierUsage?: readonly AttemptUsage[]
}

export type StreamStep =
  /** Nothing to write: prelude before commit, or text held back by the seam guard. */
  | { readonly kind: 'held' }
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  /** What came cannot be joined to what the client has: the splice fails honestly (I3). */
  | { readonly kind: 'diverged'; readonly detail: string }

export interface FinishStep {
  readonly bytes: Uint8Array
  readonly closingFrameAdded: boolean
}

/** What reached the client; held back or dropped in translation is not delivered. */
export interface DeliveredCounts {
  readonly chunks: number
  readonly chars: number
  readonly kinds: readonly ContentKind[]
  readonly toolCalls: number
}

/** How well the second target's content joined the first's. */
export interface Seam {
  /** The anchor was found: white space is exact. */
  readonly verified: boolean
  /** The target started over and was swallowed while it repeated what was delivered. */
  readonly aligned: boolean
  readonly droppedChars: number
  readonly heldMs: number
}
