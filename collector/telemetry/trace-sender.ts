import type { SpanGroup } from './encode-export.ts'

/** What became of one batch. Never an exception: a receiver may do anything (I6). */
export type SendOutcome =
  /** The receiver took it; `refusedSpans` of it are its own decision (OTLP's partial success). */
  | { readonly kind: 'sent'; readonly refusedSpans: number; readonly detail?: string }
  /** Not now; nothing says that the batch is at fault. */
  | { readonly kind: 'later'; readonly detail: string; readonly retryAfterMs?: number }
  /** It does not take this batch; whether it takes any, others will show. */
  | { readonly kind: 'refused'; readonly detail: string }

/** Carries batches to the receiver, one at a time. */
export interface TraceSender {
  /** Resolves within the configured export time-out, whatever the receiver does. */
  send(groups: readonly SpanGroup[]): Promise<SendOutcome>
  /** Ends whatever connection there is; the next batch opens a new one. */
  abort(): void
}

/** Statuses that speak of this batch, not of this moment. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422])

/** The outcome of an answer that is no success. */
export function toFailure(
  statusCode: number,
  text: string,
  retryAfterMs?: number,
): SendOutcome & { readonly kind: 'later' | 'refused' } {
  const detail = `HTTP ${statusCode} ${text}`.trim()
  if (REFUSALS.has(statusCode)) return { kind: 'refused', detail }
  return { kind: 'later', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
