import type { SpanArrival } from '../../analyzer/store/store.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { toRecord } from './to-record.ts'

/** What arrives when these spans are received together. */
export function arrivalOf(
  spans: readonly Span[],
  { source = 'litellm', receivedAtMs = 100 }: { source?: string; receivedAtMs?: number } = {},
): SpanArrival {
  return { source, receivedAtMs, records: spans.map(toRecord) }
}
