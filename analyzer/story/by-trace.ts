import type { Span } from './span.ts'

/** The spans of each trace, in the order in which they came. */
export function byTrace(spans: readonly Span[]): readonly (readonly Span[])[] {
  const traces = new Map<string, Span[]>()
  for (const span of spans) {
    const trace = traces.get(span.traceId)
    if (trace === undefined) traces.set(span.traceId, [span])
    else trace.push(span)
  }
  return [...traces.values()]
}
