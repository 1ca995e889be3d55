import type { ExportBody, IngestAnswer } from '../ingestor.ts'
import type { WriteLog } from '../../log.ts'

/** What both receivers, OTLP/HTTP and OTLP/gRPC, are given. */
export interface ReceiverOptions {
  readonly ingest: (request: ExportBody) => Promise<IngestAnswer>
  readonly queue: BodyQueue
  readonly admitsHost: (host: string | undefined) => boolean
  readonly authorise: (authorization: string | undefined) => Authorisation
  /** Told of every request that is not answered with success. */
  readonly onRefused: (refusal: RefusedRequest) => void
  readonly log: WriteLog
}

/**
 * The bytes of all bodies between their first byte and their answer, over both protocols together.
 */
export interface BodyQueue {
  /** Of one body, before and after decompression; more is too large. */
  readonly bodyBytesMax: number
  /**
   * A body begins to arrive; undefined: there is no room for one more, and the answer is `busy`.
   * `giveWay` is called where it has been arriving for so long that others get its room: what it
   * held is released then, and the answer is `slow`.
   */
  begin(giveWay: () => void): HeldBody | undefined
  /** When a sender that was told `busy` should come again: not at the same moment as all others. */
  retryAfterMs(): number
}

/** The room that one body takes. */
export interface HeldBody {
  /** Reserves room for bytes as they arrive; false: there is none, and the answer is `busy`. */
  take(byteCount: number): boolean
  /** All of it is here: from now on it waits for us, and gives way to nobody. */
  arrived(): void
  /** Gives the room back when the body is answered or given up; again is nothing. */
  release(): void
}

export type Authorisation =
  | { readonly kind: 'ok'; readonly source?: string }
  | { readonly kind: 'missing' | 'wrong' | 'rotating' }

/** Why a request to a receiver got no success; closed: metric label, word on the page. */
export const REFUSAL_REASONS = [
  'no-token',
  'wrong-token',
  'token-rotating',
  'wrong-host',
  'not-otlp',
  'too-large',
  'malformed',
  'slow',
  'busy',
  'unavailable',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export interface RefusedRequest {
  readonly reason: RefusalReason
  /** Without its port; undefined where the connection is already gone. */
  readonly remoteAddress: string | undefined
}
