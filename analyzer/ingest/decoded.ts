import type { Span } from '../story/span.ts'
import { SPANS_MAX, VALUE_DEPTH_MAX, VALUES_MAX } from './limits.ts'

/** Why one span was not taken while the rest of its batch was. Counted and told to the sender. */
export const REJECT_REASONS = [
  'trace-id-invalid',
  'span-id-invalid',
  'parent-span-id-invalid',
  'time-invalid',
  'kind-invalid',
  'nested-too-deep',
  'too-many-values',
  'too-many-spans',
  'not-a-span',
] as const
export type RejectReason = (typeof REJECT_REASONS)[number]

export type RejectCounts = Readonly<Partial<Record<RejectReason, number>>>

/** What came of a body that could be read as OTLP: every span in it is in `spans` or `rejected`. */
export interface DecodedSpans {
  readonly spans: readonly Span[]
  readonly rejected: number
  readonly reasons: RejectCounts
}

export type Decoded =
  | ({ readonly kind: 'decoded' } & DecodedSpans)
  /** Not OTLP at all; `message` is for the developer of the sender. */
  | { readonly kind: 'malformed'; readonly message: string }

/** Thrown while one span is read: rejects that span, not its batch. */
export class RejectedError extends Error {
  readonly reason: RejectReason

  constructor(reason: RejectReason) {
    super(reason)
    this.reason = reason
  }
}

/** Collects what both encodings produce. */
export class SpanSink {
  readonly spans: Span[] = []
  rejected = 0
  #values = 0
  readonly #reasons = new Map<RejectReason, number>()

  /** Takes what `read` returns, or counts why there is nothing to take. */
  add(read: () => Span | RejectReason): void {
    if (this.spans.length >= SPANS_MAX) {
      this.#reject('too-many-spans')
      return
    }
    try {
      const span = read()
      if (typeof span === 'string') this.#reject(span)
      else this.spans.push(span)
    } catch (error: unknown) {
      if (!(error instanceof RejectedError)) throw error
      this.#reject(error.reason)
    }
  }

  /** Called before each attribute value is made, so that no body makes more than its share. */
  countValue(depth: number): void {
    if (depth > VALUE_DEPTH_MAX) throw new RejectedError('nested-too-deep')
    this.#values += 1
    if (this.#values > VALUES_MAX) throw new RejectedError('too-many-values')
  }

  #reject(reason: RejectReason): void {
    this.rejected += 1
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  result(): DecodedSpans {
    return {
      spans: this.spans,
      rejected: this.rejected,
      reasons: Object.fromEntries(this.#reasons),
    }
  }
}
