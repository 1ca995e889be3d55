import { isLaterVersion } from '../story/span-version.ts'
import type { ReceivedSpan } from './store.ts'

/** Gathers the spans of one trace, each once for each source that sent it: its latest version. */
export class SpansOfTrace {
  readonly #spans = new Map<string, ReceivedSpan>()

  get size(): number {
    return this.#spans.size
  }

  add(received: ReceivedSpan): void {
    const identity = received.span.spanId + received.source
    const known = this.#spans.get(identity)
    if (known === undefined || isLaterVersion(received.span, known.span)) {
      this.#spans.set(identity, received)
    }
  }

  /** So many of those that came first, in the order of their start. */
  inOrder(limit = Infinity): readonly ReceivedSpan[] {
    return [...this.#spans.values()].slice(0, limit).toSorted(byStart)
  }
}

function byStart(left: ReceivedSpan, right: ReceivedSpan): number {
  const [a, b] = [left.span, right.span]
  if (a.startTimeNs !== b.startTimeNs) return a.startTimeNs < b.startTimeNs ? -1 : 1
  if (a.spanId !== b.spanId) return a.spanId < b.spanId ? -1 : 1
  return left.source < right.source ? -1 : left.source > right.source ? 1 : 0
}
