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
  /** The item as its `output_item.done` told it. */
  done: JsonObject | undefined
  readonly #base: JsonObject

  constructor(index: number, base: JsonObject) {
    this.index = index
    this.id = stringOf(base, 'id') ?? ''
    this.type = stringOf(base, 'type') ?? ''
    this.input = stringOf(base, this.type === 'custom_tool_call' ? 'input' : 'arguments') ?? ''
    this.#base = base
    for (const [at, part] of (arrayOf(base, 'content') ?? []).entries()) {
      if (isObject(part)) this.addPart('content', at, part)
    }
    for (const [at, part] of (arrayOf(base, 'summary') ?? []).entries()) {
      if (isObject(part)) this.addPart('summary', at, part)
    }
  }

  get isCall(): boolean {
    return this.type === 'function_call' || this.type === 'custom_tool_call'
  }

  get callId(): string {
    return stringOf(this.#base, 'call_id') ?? ''
  }

  get name(): string {
    return stringOf(this.#base, 'name') ?? ''
  }

  addPart(list: 'content' | 'summary', at: number, part: JsonObject): OutputPart {
    const type = partType(stringOf(part, 'type'), list)
    const added: OutputPart = {
      type,
      annotations: (arrayOf(part, 'annotations') ?? []).filter(isObject),
      text: stringOf(part, textField(type)) ?? '',
      state: 'open',
    }
    this[list].set(at, added)
    return added
  }

  /** The item as it stands, `status` where it was never done. */
  toJson(status: 'completed' | 'incomplete'): JsonObject {
    if (this.done !== undefined) return this.done
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

function partType(type: string | undefined, list: 'content' | 'summary'): PartType {
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
