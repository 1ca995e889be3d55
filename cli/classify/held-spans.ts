import type { SpanRecord } from '../../analyzer/store/span-record.ts'
import { decodeContext, decodeSpan } from '../../analyzer/ingest/otlp/decode-span.ts'
import type { SpanContext } from '../../analyzer/ingest/otlp/span-context.ts'
import { TRACE_ID_BYTES } from '../../analyzer/ingest/otlp/span-ids.ts'
import type { Span } from '../../analyzer/story/span.ts'
import type { DecodedSink } from '../span-files/decode-batch.ts'

/**
 * Of one file: a request may have spans anywhere in it, so that all of them are held to the end, in
 * some 8 KB each. What is stripped from them, prompts first of all, is not held: 500 MB of spans
 * with long prompts were read in 220 MB.
 */
export const SPANS_HELD_MAX = 200_000
/** Traces that have begun may go on up to so many times as many. */
const GOING_ON_MAX = 1.5

export interface HeldSpansOptions {
  /** Default `SPANS_HELD_MAX`. */
  readonly spansMax?: number
}

/**
 * The spans of a file. At the limit no further trace begins, but those that have begun go on:
 * half a trace would be told as a request of which half is missing.
 */
export class HeldSpans implements DecodedSink {
  readonly #spansMax: number
  readonly #records: SpanRecord[] = []
  readonly #rejected = new Map<string, number>()
  #traces: Set<string> | undefined

  constructor({ spansMax = SPANS_HELD_MAX }: HeldSpansOptions = {}) {
    this.#spansMax = spansMax
  }

  keep(records: readonly SpanRecord[]): void {
    for (const record of records) {
      if (this.#hasRoomFor(record)) this.#records.push(record)
      else this.reject('too-many-spans', 1)
    }
  }

  reject(reason: string, spans: number): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + spans)
  }

  #hasRoomFor(record: SpanRecord): boolean {
    const { length } = this.#records
    if (length < this.#spansMax) return true
    this.#traces ??= new Set(this.#records.map(traceOf))
    return length < GOING_ON_MAX * this.#spansMax && this.#traces.has(traceOf(record))
  }

  /** By reason. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#rejected
  }

  toSpans(): readonly Span[] {
    return toSpans(this.#records)
  }
}

/** Its id, which begins behind a tag and a length. */
function traceOf({ bytes }: SpanRecord): string {
  return bytes.toString('latin1', 2, 2 + TRACE_ID_BYTES)
}

/** The spans that these records are; those of one context share their resource. */
export function toSpans(records: readonly SpanRecord[]): readonly Span[] {
  const contexts = new Map<string, SpanContext>()
  return records.map(({ bytes, context }) => {
    const known = contexts.get(context.hash) ?? decodeContext(context.bytes)
    contexts.set(context.hash, known)
    return decodeSpan(bytes, known)
  })
}
