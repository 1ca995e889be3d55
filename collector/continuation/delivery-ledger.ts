import type { StreamEvent } from '../protocol/event.ts'
import type { ContentKind } from '../vocabulary.ts'
import type { ClientStream, DeliveredCounts } from './client-stream.ts'

/**
 * Counts what reached the client (invariant I4): every kind of content is a delivery. Keeps the
 * text, which whoever goes on must be told.
 */
export class DeliveryLedger {
  readonly #textCharsMax: number
  #earlier: DeliveredCounts = { chunks: 0, chars: 0, kinds: [], toolCalls: 0 }
  #chunks = 0
  #chars = 0
  #toolCalls = 0
  readonly #kinds = new Set<ContentKind>()
  #lastKind: ContentKind | undefined
  #text = ''
  #textComplete = true

  constructor(textCharsMax: number) {
    this.#textCharsMax = textCharsMax
  }

  /** The share of the attempt that is running. */
  get attempt(): DeliveredCounts {
    return {
      chunks: this.#chunks,
      chars: this.#chars,
      kinds: [...this.#kinds],
      toolCalls: this.#toolCalls,
    }
  }

  get total(): ClientStream['delivered'] {
    const { chunks, chars, kinds, toolCalls } = this.#earlier
    return {
      chunks: chunks + this.#chunks,
      chars: chars + this.#chars,
      kinds: [...new Set([...kinds, ...this.#kinds])],
      toolCalls: toolCalls + this.#toolCalls,
      lastKind: this.#lastKind,
      text: this.#text,
      textComplete: this.#textComplete,
    }
  }

  startAttempt(): void {
    const { chunks, chars, kinds, toolCalls } = this.total
    this.#earlier = { chunks, chars, kinds, toolCalls }
    this.#chunks = 0
    this.#chars = 0
    this.#toolCalls = 0
    this.#kinds.clear()
  }

  /** One content event of a frame; `addChunk` follows the last one of it. */
  add(event: StreamEvent, kind: ContentKind): void {
    if (kind !== this.#lastKind || this.#kinds.size === 0) this.#kinds.add(kind)
    this.#lastKind = kind
    if (event.kind === 'tool-call') this.#toolCalls += 1
    else if (event.kind === 'tool-arguments') this.#chars += event.json.length
    else if ('text' in event) {
      this.#chars += event.text.length
      if (event.kind === 'text') this.#keep(event.text)
    }
  }

  addChunk(): void {
    this.#chunks += 1
  }

  /** Beyond the limit there is a hole in it, and no continuation can be built from it. */
  #keep(text: string): void {
    if (this.#text.length + text.length > this.#textCharsMax) this.#textComplete = false
    if (this.#textComplete) this.#text += text
  }
}
