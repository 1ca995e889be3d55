import { type AttributeValue, type HrTime, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { KEYS_BY_SPAN } from '../vocabulary.ts'

/** The kinds of span that we write; `KEYS_BY_SPAN` lists what each may carry. */
export type SpanName = keyof typeof KEYS_BY_SPAN

/** A key of one kind of span; the compiler refuses one that is not in its list. */
export type SpanKey<N extends SpanName> = (typeof KEYS_BY_SPAN)[N][number]

/**
 * One span: OpenTelemetry's own for identity, parent, times and status, its attributes beside it in
 * the order in which they were written, each key once. They are checked, scrubbed and encoded in
 * one go when the request has ended and is known to be sent (`span-encoder.ts`).
 */
export class RecordedSpan<N extends SpanName = SpanName> {
  readonly name: N
  readonly span: Span
  /** Keys at even places, each one's value behind it. */
  readonly attributes: AttributeValue[] = []

  constructor(name: N, span: Span) {
    this.name = name
    this.span = span
  }

  set(key: SpanKey<N>, value: AttributeValue | undefined): void {
    if (value !== undefined) this.attributes.push(key, value)
  }

  fail(message: string): void {
    this.span.setStatus({ code: SpanStatusCode.ERROR, message })
  }

  end(time: HrTime): void {
    this.span.end(time)
  }
}
