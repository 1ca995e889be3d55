import type { StreamEvent } from '../event.ts'
import { numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { OutputItem, PIECE_CHARS } from './output-item.ts'
import type { PartList } from './output-item.ts'

/**
 * Characters that are kept of one answer: eight times what the longest answer of today's models
 * comes to, and the most that one stream may hold of a hostile upstream's.
 */
const OUTPUT_CHARS_MAX = 4 * 1024 * 1024

/** What one event of ours adds at most, beside its text: an item, a part, and what closes both. */
const EVENT_CHARS = 4 * PIECE_CHARS

/** `size` is what the event's frame came to. */
type Note = (payload: JsonObject, ledger: OutputLedger, size: number) => void

/**
 * What a Responses client holds of an answer, learnt from every event that went out, passed on or
 * written by us: what closes it must repeat all of it, under the same ids and indexes.
 */
export class OutputLedger {
  /** The Response object as the client read it first. */
  response: JsonObject | undefined
  readonly #items = new Map<number, OutputItem>()
  #nextSequence = 0
  #nextIndex = 0
  #chars = 0
  #isOverfull = false

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

  /** An event of the target's own; beyond the limit no more is kept, and nothing can go on. */
  pass(payload: JsonObject, size: number): void {
    this.#note(payload, size)
    if (this.#chars <= OUTPUT_CHARS_MAX) return
    this.#isOverfull = true
    this.#items.clear()
  }

  /** An event of ours, in its turn. */
  write(type: string, fields: JsonObject): string {
    const payload = { type, sequence_number: this.#nextSequence, ...fields }
    const frame = `event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`
    this.#note(payload, frame.length)
    return frame
  }

  /** Why this cannot be said: an end that repeats all of it would not be whole. */
  exceeds(events: readonly StreamEvent[]): string | undefined {
    let chars = this.#chars
    for (const event of events) {
      if ('text' in event) chars += event.text.length + EVENT_CHARS
      else if ('json' in event) chars += event.json.length + EVENT_CHARS
      else if (event.kind === 'tool-call') chars += EVENT_CHARS
    }
    if (!this.#isOverfull && chars <= OUTPUT_CHARS_MAX) return undefined
    return `the answer is over ${OUTPUT_CHARS_MAX} characters, which a Responses stream repeats`
  }

  /** The output as it stands: an item that was never done is incomplete. */
  output(): readonly JsonObject[] {
    return this.items.map((item) => item.toJson('incomplete'))
  }

  item(payload: JsonObject): OutputItem | undefined {
    return this.#items.get(numberOf(payload, 'output_index') ?? -1)
  }

  /** Undefined: it stands nowhere. */
  add(payload: JsonObject, item: JsonObject, size: number): OutputItem | undefined {
    const index = indexOf(payload)
    if (index === undefined) return undefined
    this.#nextIndex = Math.max(this.#nextIndex, index + 1)
    const added = new OutputItem(index, item, size)
    this.#items.set(index, added)
    return added
  }

  #note(payload: JsonObject, size: number): void {
    const sequence = numberOf(payload, 'sequence_number')
    if (sequence !== undefined && Number.isSafeInteger(sequence)) {
      this.#nextSequence = Math.max(this.#nextSequence, sequence + 1)
    }
    const note = NOTES.get(stringOf(payload, 'type') ?? '')
    if (note === undefined || this.#isOverfull) return
    const before = this.item(payload)?.chars ?? 0
    note(payload, this, size)
    this.#chars += (this.item(payload)?.chars ?? 0) - before
  }
}

/** An index is the upstream's word; a number that no answer reaches would be counted on from. */
const INDEX_MAX = 1_000_000

function indexOf(payload: JsonObject): number | undefined {
  const index = numberOf(payload, 'output_index') ?? -1
  return Number.isInteger(index) && index >= 0 && index < INDEX_MAX ? index : undefined
}

function noteResponse(payload: JsonObject, ledger: OutputLedger): void {
  ledger.response ??= objectOf(payload, 'response')
}

function noteAdded(payload: JsonObject, ledger: OutputLedger, size: number): void {
  const item = objectOf(payload, 'item')
  if (item !== undefined) ledger.add(payload, item, size)
}

function placeIn(payload: JsonObject, list: PartList): number {
  return numberOf(payload, list === 'content' ? 'content_index' : 'summary_index') ?? 0
}

function noteDone(payload: JsonObject, ledger: OutputLedger, size: number): void {
  const done = objectOf(payload, 'item')
  if (done === undefined) return
  const item = ledger.item(payload) ?? ledger.add(payload, done, 0)
  item?.finish(done, size)
}

function notePart(list: PartList): Note {
  return (payload, ledger, size) => {
    const part = objectOf(payload, 'part') ?? {}
    ledger.item(payload)?.addPart(list, placeIn(payload, list), { part, size })
  }
}

function noteDelta(list: PartList): Note {
  return (payload, ledger) => {
    const delta = stringOf(payload, 'delta')
    if (delta !== undefined) ledger.item(payload)?.addText(list, placeIn(payload, list), delta)
  }
}

/** Clients replace what they put together from deltas by what the end repeats. */
function noteEnd(list: PartList, state: 'said' | 'done'): Note {
  return (payload, ledger) => {
    const said = state === 'done' ? (objectOf(payload, 'part') ?? {}) : payload
    ledger.item(payload)?.endPart(list, placeIn(payload, list), { state, said })
  }
}

function noteInput(payload: JsonObject, ledger: OutputLedger): void {
  const delta = stringOf(payload, 'delta')
  if (delta !== undefined) ledger.item(payload)?.addInput(delta)
}

function noteAnnotation(payload: JsonObject, ledger: OutputLedger, size: number): void {
  const annotation = objectOf(payload, 'annotation')
  if (annotation === undefined) return
  ledger.item(payload)?.addAnnotation(placeIn(payload, 'content'), { annotation, size })
}

const NOTES: ReadonlyMap<string, Note> = new Map<string, Note>([
  ['response.created', noteResponse],
  ['response.output_item.added', noteAdded],
  ['response.output_item.done', noteDone],
  ['response.content_part.added', notePart('content')],
  ['response.content_part.done', noteEnd('content', 'done')],
  ['response.output_text.delta', noteDelta('content')],
  ['response.output_text.done', noteEnd('content', 'said')],
  ['response.output_text.annotation.added', noteAnnotation],
  ['response.refusal.delta', noteDelta('content')],
  ['response.refusal.done', noteEnd('content', 'said')],
  ['response.reasoning_text.delta', noteDelta('content')],
  ['response.reasoning_text.done', noteEnd('content', 'said')],
  ['response.reasoning_summary_part.added', notePart('summary')],
  ['response.reasoning_summary_part.done', noteEnd('summary', 'done')],
  ['response.reasoning_summary_text.delta', noteDelta('summary')],
  ['response.reasoning_summary_text.done', noteEnd('summary', 'said')],
  ['response.function_call_arguments.delta', noteInput],
  ['response.custom_tool_call_input.delta', noteInput],
])
