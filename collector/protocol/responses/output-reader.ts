import type { StreamEvent } from '../event.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

type TextKind = 'text' | 'reasoning' | 'refusal'

/** Items and parts of one answer; more are no answer but somebody's attempt on our memory. */
const PIECES_MAX = 10_000

/**
 * Reads the events of a Responses stream that are about its output. Content comes by deltas; what
 * came only whole, in a `done` or in the terminal itself, is read there, once.
 */
export class OutputReader {
  /** Output index → tool call, counted from 0 as everywhere else. */
  readonly #calls = new Map<string, number>()
  /** Pieces that something was received of. */
  readonly #received = new Set<string>()

  get hasCalls(): boolean {
    return this.#calls.size > 0
  }

  /** Undefined: no event that is known here. */
  read(type: string, payload: JsonObject): readonly StreamEvent[] | undefined {
    if (this.#received.size > PIECES_MAX) return malformed('more items than any answer has')
    switch (type) {
      case 'response.output_item.added':
        return this.#readItem(payload, 'added')
      case 'response.output_item.done':
        return this.#readItem(payload, 'done')
      case 'response.content_part.added':
      case 'response.content_part.done':
        return this.#readPart(payload)
      case 'response.output_text.delta':
        return this.#readDelta('text', payload)
      case 'response.refusal.delta':
        return this.#readDelta('refusal', payload)
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return this.#readDelta('reasoning', payload)
      case 'response.output_text.done':
        return this.#readWhole('text', payload, stringOf(payload, 'text'))
      case 'response.refusal.done':
        return this.#readWhole('refusal', payload, stringOf(payload, 'refusal'))
      case 'response.reasoning_text.done':
      case 'response.reasoning_summary_text.done':
        return this.#readWhole('reasoning', payload, stringOf(payload, 'text'))
      case 'response.reasoning_summary_part.added':
        return this.#readSummaryPart(payload)
      case 'response.reasoning_summary_part.done':
        return []
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#readArguments(payload)
      case 'response.function_call_arguments.done':
        return this.#readWholeArguments(payload, stringOf(payload, 'arguments'))
      case 'response.custom_tool_call_input.done':
        return this.#readWholeArguments(payload, stringOf(payload, 'input'))
      default:
        return undefined
    }
  }

  /** The output as the terminal repeats it: read only where none of it came before. */
  finish(response: JsonObject): readonly StreamEvent[] {
    if (this.#received.size > 0) return []
    const output = arrayOf(response, 'output') ?? []
    return output
      .filter(isObject)
      .flatMap((item, index) => this.#readItem({ output_index: index, item }, 'done'))
  }

  #readItem(payload: JsonObject, stage: 'added' | 'done'): readonly StreamEvent[] {
    const item = objectOf(payload, 'item')
    if (item === undefined) return malformed(`output_item.${stage} without an item`)
    const type = stringOf(item, 'type') ?? 'unknown'
    switch (type) {
      case 'message':
      case 'reasoning':
        return this.#readParts(item, payload)
      case 'function_call':
        return this.#readCall(item, payload, stringOf(item, 'arguments'))
      case 'custom_tool_call':
        return this.#readCall(item, payload, stringOf(item, 'input'))
      default:
        // What runs at the provider: shown by some clients, and said in no other protocol.
        this.#received.add(placeOf(payload))
        return [{ kind: 'other', type }]
    }
  }

  #readParts(item: JsonObject, { output_index }: JsonObject): readonly StreamEvent[] {
    const read = (list: 'content' | 'summary'): readonly StreamEvent[] =>
      (arrayOf(item, list) ?? []).filter(isObject).flatMap((part, index) =>
        this.#readPart({
          ...(output_index === undefined ? {} : { output_index }),
          [list === 'content' ? 'content_index' : 'summary_index']: index,
          part,
        }),
      )
    return [...read('summary'), ...read('content')]
  }

  #readCall(
    item: JsonObject,
    payload: JsonObject,
    json: string | undefined,
  ): readonly StreamEvent[] {
    const place = placeOf(payload)
    if (this.#calls.has(place)) return this.#readWholeArguments(payload, json)
    const index = this.#calls.size
    this.#calls.set(place, index)
    this.#received.add(place)
    const id = stringOf(item, 'call_id') ?? ''
    const name = stringOf(item, 'name') ?? ''
    return [{ kind: 'tool-call', index, id, name }, ...this.#readWholeArguments(payload, json)]
  }

  #readPart(payload: JsonObject): readonly StreamEvent[] {
    const part = objectOf(payload, 'part')
    if (part === undefined) return malformed('a content part without its part')
    const type = stringOf(part, 'type') ?? 'unknown'
    switch (type) {
      case 'output_text':
      case 'text':
        return this.#readWhole('text', payload, stringOf(part, 'text'))
      case 'refusal':
        return this.#readWhole('refusal', payload, stringOf(part, 'refusal'))
      case 'reasoning_text':
      case 'summary_text':
        return this.#readWhole('reasoning', payload, stringOf(part, 'text'))
      default:
        return [{ kind: 'other', type }]
    }
  }

  #readSummaryPart(payload: JsonObject): readonly StreamEvent[] {
    // Each part is a paragraph of its own; a protocol without parts needs the break to show it.
    if ((numberOf(payload, 'summary_index') ?? 0) === 0) return []
    return [{ kind: 'reasoning', text: '\n\n' }]
  }

  #readDelta(kind: TextKind, payload: JsonObject): readonly StreamEvent[] {
    const delta = stringOf(payload, 'delta')
    if (delta === undefined) return malformed(`a delta of ${kind} that is no string`)
    if (delta === '') return []
    this.#received.add(pieceOf(payload))
    return [{ kind, text: delta }]
  }

  #readWhole(
    kind: TextKind,
    payload: JsonObject,
    text: string | undefined,
  ): readonly StreamEvent[] {
    const piece = pieceOf(payload)
    if (text === undefined || text === '' || this.#received.has(piece)) return []
    this.#received.add(piece)
    return [{ kind, text }]
  }

  #readArguments(payload: JsonObject): readonly StreamEvent[] {
    const json = stringOf(payload, 'delta')
    if (json === undefined) return malformed('a delta of arguments that is no string')
    if (json === '') return []
    return this.#argumentsOf(payload, json)
  }

  #readWholeArguments(payload: JsonObject, json: string | undefined): readonly StreamEvent[] {
    const isNew = !this.#received.has(argumentsPiece(payload))
    return json !== undefined && json !== '' && isNew ? this.#argumentsOf(payload, json) : []
  }

  #argumentsOf(payload: JsonObject, json: string): readonly StreamEvent[] {
    const index = this.#calls.get(placeOf(payload))
    if (index === undefined) return malformed('arguments of a tool call that was never opened')
    this.#received.add(argumentsPiece(payload))
    return [{ kind: 'tool-arguments', index, json }]
  }
}

/** By index, not by id: some gateways give an item another id on every event. */
function placeOf(payload: JsonObject): string {
  const index = numberOf(payload, 'output_index')
  return index === undefined ? `id ${stringOf(payload, 'item_id') ?? ''}` : `${index}`
}

function pieceOf(payload: JsonObject): string {
  const summary = numberOf(payload, 'summary_index')
  const part = summary === undefined ? (numberOf(payload, 'content_index') ?? 0) : `s${summary}`
  return `${placeOf(payload)} ${part}`
}

function argumentsPiece(payload: JsonObject): string {
  return `${placeOf(payload)} arguments`
}

function malformed(detail: string): readonly StreamEvent[] {
  return [{ kind: 'malformed', detail }]
}
