import { createHash } from 'node:crypto'

import type { Span } from '../../analyzer/story/span.ts'

/** At its place in time, with trace ids of its own: a recording may be there more than once. */
export function placeTraces(
  spans: readonly Span[],
  { number, startNs }: { readonly number: number; readonly startNs: bigint },
): readonly (readonly Span[])[] {
  const first = spans.reduce(
    (least, span) => (span.startTimeNs < least ? span.startTimeNs : least),
    spans[0]?.startTimeNs ?? 0n,
  )
  const byNs = startNs - first
  const traces = new Map<string, Span[]>()
  for (const span of spans) {
    const traceId = createHash('sha256').update(`${number} ${span.traceId}`).digest('hex')
    const moved = { ...later(span, byNs), traceId: traceId.slice(0, 32) }
    traces.set(moved.traceId, [...(traces.get(moved.traceId) ?? []), moved])
  }
  return [...traces.values()]
}

/** The same, so much later; or earlier. */
export function later(span: Span, byNs: bigint): Span {
  if (byNs === 0n) return span
  return {
    ...span,
    startTimeNs: span.startTimeNs + byNs,
    endTimeNs: span.endTimeNs + byNs,
    events: span.events.map((event) => ({ ...event, timeNs: event.timeNs + byNs })),
  }
}
