import type { Neighbours } from '../../join-window.ts'
import type { Span } from '../../span.ts'
import { SpanTree } from '../../span-tree.ts'
import { BEGINS_WITHIN_NS, CLOCK_NS, isOfCallbackTracer } from './callback-tracer.ts'
import { isInference } from '../inference-span.ts'

/**
 * A callback tracer's calls look for what a client library noted of them in traces that begin just
 * after; those look for nobody, and are found.
 */
export function inferenceNeighbours(spans: readonly Span[]): Neighbours | undefined {
  const calls = spans.filter(isInference)
  const above = calls.filter(isOfCallbackTracer)
  if (above.length > 0) {
    const tree = new SpanTree(spans)
    const [first, ...more] = above.filter((call) => !tree.descendants(call).some(isInference))
    if (first === undefined) return undefined
    const range = more.reduce(
      ({ fromNs, toNs }, { startTimeNs }) => ({
        fromNs: startTimeNs < fromNs ? startTimeNs : fromNs,
        toNs: startTimeNs > toNs ? startTimeNs : toNs,
      }),
      { fromNs: first.startTimeNs, toNs: first.startTimeNs },
    )
    return {
      failedIn: undefined,
      startedIn: { fromNs: range.fromNs - CLOCK_NS, toNs: range.toNs + BEGINS_WITHIN_NS },
    }
  }
  // Whatever is current when a call is noted is its parent: without one it may stand apart.
  const isApart = calls.some(({ parentSpanId }) => parentSpanId === '')
  return isApart ? { failedIn: undefined, startedIn: undefined } : undefined
}
