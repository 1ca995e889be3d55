import type { StreamEvent } from '../event.ts'

export type ToolCallEvent = Extract<StreamEvent, { readonly kind: 'tool-call' }>

export type WaitingBlock =
  | { readonly kind: 'text'; text: string }
  | { readonly kind: 'call'; readonly event: ToolCallEvent; json: string }

/** As much as a stream may hold back; a block costs memory even where it is empty. */
const WAITING_CHARS_MAX = 1024 * 1024
const BLOCK_CHARS = 256

/**
 * What a target said while an earlier tool call was not whole. Chat interleaves parallel calls,
 * Anthropic's blocks stand one behind the other: each waits here until its turn.
 */
export class WaitingBlocks {
  #blocks: WaitingBlock[] = []
  #calls = new Map<number, Extract<WaitingBlock, { readonly kind: 'call' }>>()
  #chars = 0

  /** More came than is held: nothing of it can be said any more. */
  get isOverfull(): boolean {
    return this.#chars > WAITING_CHARS_MAX
  }

  addText(text: string): void {
    if (!this.#pay(BLOCK_CHARS + text.length)) return
    const last = this.#blocks.at(-1)
    if (last?.kind === 'text') last.text += text
    else this.#blocks.push({ kind: 'text', text })
  }

  addCall(event: ToolCallEvent): void {
    if (!this.#pay(BLOCK_CHARS + event.id.length + event.name.length)) return
    const block = { kind: 'call' as const, event, json: '' }
    this.#blocks.push(block)
    this.#calls.set(event.index, block)
  }

  /** Arguments of a call that is not waiting are none that could still be said. */
  addArguments(index: number, json: string): void {
    const call = this.#calls.get(index)
    if (call !== undefined && this.#pay(json.length)) call.json += json
  }

  next(): WaitingBlock | undefined {
    const block = this.#blocks.shift()
    if (block?.kind === 'call') this.#calls.delete(block.event.index)
    return block
  }

  #pay(chars: number): boolean {
    this.#chars += chars
    if (!this.isOverfull) return true
    this.#blocks = []
    this.#calls.clear()
    return false
  }
}
