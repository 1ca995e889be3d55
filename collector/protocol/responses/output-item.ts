import { arrayOf, isObject, stringOf, without } from '../json.ts'
import type { JsonObject } from '../json.ts'

export type PartType = 'output_text' | 'refusal' | 'reasoning_text' | 'summary_text'

/** One part of an item as the client holds it. */
export interface OutputPart {
  readonly type: PartType
  readonly annotations: JsonObject[]
  text: string
  /** `said`: its text is over, the part itself is not closed yet. */
  state: 'open' | 'said' | 'done'
}

export type PartList = 'content' | 'summary'

/** An item or a part costs memory even where it is empty. */
export const PIECE_CHARS = 512

/** One output item as the client holds it: what was added, and what its deltas made of it. */
export class OutputItem {
  readonly index: number
  readonly id: string
  readonly type: string
  /** By `content_index`; a map, for the index is the upstream's. */
  readonly content = new Map<number, OutputPart>()
  /** By `summary_index`, of reasoning items. */
  readonly summary = new Map<number, OutputPart>()
  /** Arguments of a function call, input of a custom tool. */
  input = ''
  readonly #base: JsonObject
  #done: JsonObject | undefined
  #chars: number
  #lastAt = -1

  /** `size` is what the event that added it came to. */
  constructor(index: number, base: JsonObject, size: number) {
    this.index = index
    this.id = stringOf(base, 'id') ?? ''
    this.type = stringOf(base, 'type') ?? ''
    this.input = stringOf(base, this.type === 'custom_tool_call' ? 'input' : 'arguments') ?? ''
    this.#base = base
    this.#chars = PIECE_CHARS + size
    for (const list of ['content', 'summary'] as const) {
      for (const [at, part] of (arrayOf(base, list) ?? []).entries()) {
        if (isObject(part)) this.addPart(list, at, { part, size: 0 })
      }
    }
  }

  /** What is kept of it, in characters. */
  get chars(): number {
    return this.#chars
  }

  get isCall(): boolean {
    return this.type === 'function_call' || this.type === 'custom_tool_call'
  }

  /** The item as its `output_item.done` told it. */
  get done(): JsonObject | undefined {
    return this.#done
  }

  /** The part that was opened last, with its index. */
  get lastPart(): readonly [at: number, part: OutputPart | undefined] {
    return [this.#lastAt, this.content.get(this.#lastAt)]
  }

  get callId(): string {
    return stringOf(this.#base, 'call_id') ?? ''
  }

  get name(): string {
    return stringOf(this.#base, 'name') ?? ''
  }

  addPart(list: PartList, at: number, { part, size }: { part: JsonObject; size: number }): void {
    const type = partType(stringOf(part, 'type'), list)
    this.#chars += PIECE_CHARS + size
    if (list === 'content') this.#lastAt = at
    this[list].set(at, {
      type,
      annotations: (arrayOf(part, 'annotations') ?? []).filter(isObject),
      text: stringOf(part, textField(type)) ?? '',
      state: 'open',
    })
  }

  addText(list: PartList, at: number, delta: string): void {
    const part = this[list].get(at)
    if (part === undefined) return
    part.text += delta
    this.#chars += delta.length
  }

  addInput(delta: string): void {
    this.input += delta
    this.#chars += delta.length
  }

  addAnnotation(at: number, added: { annotation: JsonObject; size: number }): void {
    this.content.get(at)?.annotations.push(added.annotation)
    this.#chars += PIECE_CHARS + added.size
  }

  /** `said` repeats the text of the part. */
  endPart(
    list: PartList,
    at: number,
    { state, said }: { state: 'said' | 'done'; said: JsonObject },
  ): void {
    const part = this[list].get(at)
    if (part === undefined) return
    const text = stringOf(said, textField(part.type)) ?? part.text
    this.#chars += text.length - part.text.length
    part.text = text
    part.state = state
  }

  /** What the done item says stands in place of all that was told of it. */
  finish(done: JsonObject, size: number): void {
    this.#done = done
    this.#chars = PIECE_CHARS + size
    this.content.clear()
    this.summary.clear()
    this.input = ''
  }

  /** The item as it stands, `status` where it was never done. */
  toJson(status: 'completed' | 'incomplete'): JsonObject {
    if (this.#done !== undefined) return this.#done
    const base = { ...this.#base, status }
    switch (this.type) {
      case 'message':
        return { ...base, content: partsOf(this.content) }
      case 'reasoning': {
        // What stands in `output_item.added` may be half of it: only the done item's is whole.
        const open = without(base, ENCRYPTED)
        const content = this.content.size === 0 ? {} : { content: partsOf(this.content) }
        return { ...open, summary: partsOf(this.summary), ...content }
      }
      case 'function_call':
        return { ...base, arguments: this.input }
      case 'custom_tool_call':
        return { ...base, input: this.input }
      default:
        return this.#base
    }
  }
}

const ENCRYPTED: ReadonlySet<string> = new Set(['encrypted_content'])

function partType(type: string | undefined, list: PartList): PartType {
  if (list === 'summary') return 'summary_text'
  return type === 'refusal' || type === 'reasoning_text' ? type : 'output_text'
}

export function textField(type: PartType): 'text' | 'refusal' {
  return type === 'refusal' ? 'refusal' : 'text'
}

export function partJson({ type, text, annotations }: OutputPart): JsonObject {
  // `logprobs` is required there; after a seam nobody has all of them.
  if (type === 'output_text') return { type, text, annotations, logprobs: [] }
  return { type, [textField(type)]: text }
}

function partsOf(parts: ReadonlyMap<number, OutputPart>): readonly JsonObject[] {
  return [...parts].toSorted(([one], [other]) => one - other).map(([, part]) => partJson(part))
}
