import { arrayOf, isObject, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { OutputItem, textField } from './output-item.ts'
import type { OutputPart } from './output-item.ts'

/**
 * Text and items that are kept of one answer: eight times what the longest answer of today's models
 * comes to, and the most that one stream may hold of a hostile upstream's.
 */
const OUTPUT_CHARS_MAX = 4 * 1024 * 1024

/** An item or a part costs memory even where it is empty. */
const ITEM_CHARS = 512

type Note = (payload: JsonObject, ledger: OutputLedger) => void

/**
 * What a Responses client holds of an answer, learnt from every event that went out, passed on or
 * written by us: what closes it must repeat all of it, under the same ids and indexes.
 */
export class OutputLedger {
  /** The Response object as the client read it first, without its output. */
  response: JsonObject | undefined
  nextSequence = 0
  readonly #items = new Map<number, OutputItem>()
  #nextIndex = 0
  #chars = 0

  /** More came than is kept: nothing can be closed any more. */
  get isOverfull(): boolean {
    return this.#chars > OUTPUT_CHARS_MAX
  }

  get nextIndex(): number {
    return this.#nextIndex
  }

  /** In the order of the output. */
  get items(): readonly OutputItem[] {
    return [...this.#items.values()].toSorted((one, other) => one.index - other.index)
  }

  /** The item that was opened last, unless it is done. */
  get last(): OutputItem | undefined {
    const item = this.#items.get(this.#nextIndex - 1)
    return item?.done === undefined ? item : undefined
  }

  note(payload: JsonObject): void {
    const sequence = numberOf(payload, 'sequence_number')
    if (sequence !== undefined) this.nextSequence = Math.max(this.nextSequence, sequence + 1)
    NOTES.get(stringOf(payload, 'type') ?? '')?.(payload, this)
  }

  /** The output as it stands, `status` where an item was never done. */
  output(status: 'completed' | 'incomplete'): readonly JsonObject[] {
    return this.isOverfull ? [] : this.items.map((item) => item.toJson(status))
  }

  item(payload: JsonObject): OutputItem | undefined {
    return this.#items.get(numberOf(payload, 'output_index') ?? -1)
  }

  add(index: number, item: JsonObject): OutputItem | undefined {
    this.#nextIndex = Math.max(this.#nextIndex, index + 1)
    if (!this.#pay(ITEM_CHARS + JSON.stringify(item).length)) return undefined
    const added = new OutputItem(index, item)
    this.#items.set(index, added)
    return added
  }

  finish(item: OutputItem, done: JsonObject): void {
    if (this.#pay(JSON.stringify(done).length)) item.done = done
  }

  addPart(item: OutputItem, list: 'content' | 'summary', payload: JsonObject): void {
    const part = objectOf(payload, 'part') ?? {}
    const at = partIndex(payload, list)
    if (this.#pay(ITEM_CHARS + JSON.stringify(part).length)) item.addPart(list, at, part)
  }

  addText(part: OutputPart, text: string): void {
    if (this.#pay(text.length)) part.text += text
  }

  addInput(item: OutputItem, text: string): void {
    if (this.#pay(text.length)) item.input += text
  }

  addAnnotation(part: OutputPart, annotation: JsonObject): void {
    if (this.#pay(JSON.stringify(annotation).length)) part.annotations.push(annotation)
  }

  #pay(chars: number): boolean {
    this.#chars += chars
    if (!this.isOverfull) return true
    this.#items.clear()
    return false
  }
}

function partIndex(payload: JsonObject, list: 'content' | 'summary'): number {
  return numberOf(payload, list === 'content' ? 'content_index' : 'summary_index') ?? 0
}

function partOf(
  payload: JsonObject,
  list: 'content' | 'summary',
  ledger: OutputLedger,
): OutputPart | undefined {
  return ledger.item(payload)?.[list].get(partIndex(payload, list))
}

function noteResponse(payload: JsonObject, ledger: OutputLedger): void {
  ledger.response ??= objectOf(payload, 'response')
}

function noteAdded(payload: JsonObject, ledger: OutputLedger): void {
  const item = objectOf(payload, 'item')
  if (item !== undefined) ledger.add(indexOf(payload, ledger), item)
}

function noteDone(payload: JsonObject, ledger: OutputLedger): void {
  const done = objectOf(payload, 'item')
  if (done === undefined) return
  const item = ledger.item(payload) ?? ledger.add(indexOf(payload, ledger), done)
  if (item !== undefined) ledger.finish(item, done)
}

/** An index is the upstream's word; a number that no answer reaches would be counted on from. */
const INDEX_MAX = 1_000_000

function indexOf(payload: JsonObject, ledger: OutputLedger): number {
  const index = numberOf(payload, 'output_index')
  const isUsable = Number.isInteger(index) && index !== undefined && index >= 0
  return isUsable && index < INDEX_MAX ? index : ledger.nextIndex
}

function notePart(list: 'content' | 'summary'): Note {
  return (payload, ledger) => {
    const item = ledger.item(payload)
    if (item !== undefined) ledger.addPart(item, list, payload)
  }
}

function notePartDone(list: 'content' | 'summary'): Note {
  return (payload, ledger) => {
    const part = partOf(payload, list, ledger)
    if (part === undefined) return
    part.state = 'done'
    const said = objectOf(payload, 'part') ?? {}
    replaceText(part, stringOf(said, textField(part.type)), ledger)
    const annotations = arrayOf(said, 'annotations')?.filter(isObject) ?? []
    if (part.annotations.length > 0 || annotations.length === 0) return
    for (const annotation of annotations) ledger.addAnnotation(part, annotation)
  }
}

function noteDelta(list: 'content' | 'summary'): Note {
  return (payload, ledger) => {
    const part = partOf(payload, list, ledger)
    const delta = stringOf(payload, 'delta')
    if (part !== undefined && delta !== undefined) ledger.addText(part, delta)
  }
}

function noteSaid(list: 'content' | 'summary'): Note {
  return (payload, ledger) => {
    const part = partOf(payload, list, ledger)
    if (part === undefined) return
    part.state = 'said'
    replaceText(part, stringOf(payload, textField(part.type)), ledger)
  }
}

/** Clients replace what they put together from deltas by what the end repeats. */
function replaceText(part: OutputPart, text: string | undefined, ledger: OutputLedger): void {
  if (text === undefined || text === part.text) return
  part.text = ''
  ledger.addText(part, text)
}

function noteInput(payload: JsonObject, ledger: OutputLedger): void {
  const item = ledger.item(payload)
  const delta = stringOf(payload, 'delta')
  if (item?.isCall === true && delta !== undefined) ledger.addInput(item, delta)
}

function noteAnnotation(payload: JsonObject, ledger: OutputLedger): void {
  const part = partOf(payload, 'content', ledger)
  const annotation = objectOf(payload, 'annotation')
  if (part !== undefined && annotation !== undefined) ledger.addAnnotation(part, annotation)
}

const NOTES: ReadonlyMap<string, Note> = new Map<string, Note>([
  ['response.created', noteResponse],
  ['response.output_item.added', noteAdded],
  ['response.output_item.done', noteDone],
  ['response.content_part.added', notePart('content')],
  ['response.content_part.done', notePartDone('content')],
  ['response.output_text.delta', noteDelta('content')],
  ['response.output_text.done', noteSaid('content')],
  ['response.output_text.annotation.added', noteAnnotation],
  ['response.refusal.delta', noteDelta('content')],
  ['response.refusal.done', noteSaid('content')],
  ['response.reasoning_text.delta', noteDelta('content')],
  ['response.reasoning_text.done', noteSaid('content')],
  ['response.reasoning_summary_part.added', notePart('summary')],
  ['response.reasoning_summary_part.done', notePartDone('summary')],
  ['response.reasoning_summary_text.delta', noteDelta('summary')],
  ['response.reasoning_summary_text.done', noteSaid('summary')],
  ['response.function_call_arguments.delta', noteInput],
  ['response.custom_tool_call_input.delta', noteInput],
])
