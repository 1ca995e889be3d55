import type { StreamEvent } from '../protocol/event.ts'
import type { ContentKind } from '../vocabulary.ts'
import type { DeliveredCounts } from './client-stream.ts'

/** Counts what reached the client (invariant I4): every kind of content is a delivery. */
export class DeliveryLedger {
  #chunks = 0
  #chars = 0
  #toolCalls = 0
  readonly #kinds = new Set<ContentKind>()

  get counts(): DeliveredCounts {
    return {
      chunks: this.#chunks,
      chars: this.#chars,
      kinds: [...this.#kinds],
      toolCalls: this.#toolCalls,
    }
  }

  /** The content events of one write. */
  add(
    events: readonly StreamEvent[],
    kindOf: (event: StreamEvent) => ContentKind | undefined,
  ): void {
    let hasContent = false
    for (const event of events) {
      const kind = kindOf(event)
      if (kind === undefined) continue
      hasContent = true
      this.#kinds.add(kind)
      if (event.kind === 'tool-call') this.#toolCalls += 1
      if ('text' in event) this.#chars += event.text.length
      if (event.kind === 'tool-arguments') this.#chars += event.json.length
    }
    if (hasContent) this.#chunks += 1
  }
}
