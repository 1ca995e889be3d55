import type { StreamEvent } from '../event.ts'
import type { JsonObject } from '../json.ts'
import { fitToolId, RESPONSES_TOOL_ID } from '../tool-id.ts'
import { closeItem, closePart } from './close-item.ts'
import type { UnnumberedEvent } from './close-item.ts'
import { partJson } from './output-item.ts'
import type { OutputItem } from './output-item.ts'
import type { OutputLedger } from './output-ledger.ts'
import { OWN_REASONING_PREFIX } from './own-reasoning.ts'

type ToolCallEvent = Extract<StreamEvent, { readonly kind: 'tool-call' }>

type SpokenType = 'output_text' | 'refusal' | 'reasoning_text'

interface Spoken {
  readonly idPrefix: string
  readonly item: JsonObject & { readonly type: string }
  readonly deltaType: string
  /** Fields that a delta must have beside its text. */
  readonly deltaFields: JsonObject
}

const MESSAGE = { type: 'message', status: 'in_progress', role: 'assistant', content: [] }
const REASONING = { type: 'reasoning', status: 'in_progress', summary: [], content: [] }

const SPOKEN: Readonly<Record<SpokenType, Spoken>> = {
  output_text: {
    idPrefix: 'msg_',
    item: MESSAGE,
    deltaType: 'response.output_text.delta',
    deltaFields: { logprobs: [] },
  },
  refusal: {
    idPrefix: 'msg_',
    item: MESSAGE,
    deltaType: 'response.refusal.delta',
    deltaFields: {},
  },
  reasoning_text: {
    idPrefix: OWN_REASONING_PREFIX,
    item: REASONING,
    deltaType: 'response.reasoning_text.delta',
    deltaFields: {},
  },
}

/** Writes what an answer says as output items, going on in those that are open. */
export class ItemWriter {
  readonly #ledger: OutputLedger
  readonly #createId: (prefix: string) => string
  /** Items that the target that is speaking has said anything in. */
  readonly #spoken = new Set<OutputItem>()
  /** Its tool calls → their items. */
  readonly #calls = new Map<number, OutputItem>()

  constructor(ledger: OutputLedger, createId: (prefix: string) => string) {
    this.#ledger = ledger
    this.#createId = createId
  }

  /** In the open part of that type, be it of the target before a seam; else in a new one. */
  say(type: SpokenType, text: string): string {
    const spoken = SPOKEN[type]
    const isOpen = this.#ledger.last?.type === spoken.item.type
    const added = isOpen
      ? ''
      : this.#addItem({ id: this.#createId(spoken.idPrefix), ...spoken.item })
    const item = this.#ledger.last
    if (item === undefined) return added
    this.#spoken.add(item)
    const opened = this.#openPart(item, type)
    const fields = { ...spoken.deltaFields, delta: text }
    return added + opened + this.#ledger.write(spoken.deltaType, { ...lastPlace(item), ...fields })
  }

  call(event: ToolCallEvent): string {
    const id = event.id === '' ? '' : fitToolId(event.id, RESPONSES_TOOL_ID)
    const isTaken = [...this.#calls.values()].some((item) => item.callId === id)
    const added = this.#addItem({
      id: this.#createId('fc_'),
      type: 'function_call',
      status: 'in_progress',
      call_id: id === '' || isTaken ? this.#createId('call_') : id,
      name: event.name,
      arguments: '',
    })
    const item = this.#ledger.last
    if (item === undefined) return added
    this.#spoken.add(item)
    this.#calls.set(event.index, item)
    return added
  }

  addArguments(index: number, json: string): string {
    const item = this.#calls.get(index)
    if (item === undefined) return ''
    return this.#ledger.write('response.function_call_arguments.delta', {
      item_id: item.id,
      output_index: item.index,
      delta: json,
    })
  }

  /** Whoever acts on `output_item.done` must not act on a call that was cut off. */
  closeAll(status: 'completed' | 'incomplete'): string {
    return this.#close(status, (item) => {
      return !item.isCall || (status === 'completed' && this.#spoken.has(item))
    })
  }

  /** A new item closes what was said before it, but no call: several may be told in turns. */
  #addItem(item: JsonObject): string {
    const closed = this.#close('completed', (open) => !open.isCall)
    const fields = { output_index: this.#ledger.nextIndex, item }
    return closed + this.#ledger.write('response.output_item.added', fields)
  }

  #close(status: 'completed' | 'incomplete', closes: (item: OutputItem) => boolean): string {
    const open = this.#ledger.items.filter((item) => item.done === undefined && closes(item))
    return open.map((item) => this.#write(closeItem(item, this.#statusOf(item, status)))).join('')
  }

  /** Text goes on behind a seam; what else the target before it had begun, nobody will finish. */
  #statusOf(item: OutputItem, status: 'completed' | 'incomplete'): 'completed' | 'incomplete' {
    return item.type === 'message' || this.#spoken.has(item) ? status : 'incomplete'
  }

  #openPart(item: OutputItem, type: SpokenType): string {
    const [at, last] = item.lastPart
    if (last?.state === 'open' && last.type === type) return ''
    const closed = this.#write(closePart(item, 'content', at))
    const part = partJson({ type, text: '', annotations: [], state: 'open' })
    const place = { item_id: item.id, output_index: item.index, content_index: at + 1 }
    return closed + this.#ledger.write('response.content_part.added', { ...place, part })
  }

  /** One by one: what an event says depends on what the one before it did. */
  #write(events: Iterable<UnnumberedEvent>): string {
    let text = ''
    for (const { type, ...fields } of events) text += this.#ledger.write(type, fields)
    return text
  }
}

function lastPlace(item: OutputItem): JsonObject {
  return { item_id: item.id, output_index: item.index, content_index: item.lastPart[0] }
}
