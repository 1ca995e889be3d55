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
  /** Reserves room for bytes as they arrive; false: there is none, and the answer is `busy`. */
  take(byteCount: number): boolean
  /** Gives it back when the body is answered or given up. */
  release(byteCount: number): void
  /** When a sender that was told `busy` should come again: not at the same moment as all others. */
  retryAfterMs(): number
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
  'busy',
  'unavailable',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export interface RefusedRequest {
  readonly reason: RefusalReason
  /** Without its port; undefined where the connection is already gone. */
  readonly remoteAddress: string | undefined
}
