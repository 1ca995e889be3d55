import type { JsonObject } from '../json.ts'
import type { OutputItem, OutputPart } from './output-item.ts'
import { partJson, textField } from './output-item.ts'

/** An event without its sequence number, which it gets when it is written. */
export interface UnnumberedEvent extends JsonObject {
  readonly type: string
}

/** What says that an open item is over: its parts, its text or its arguments, then itself. */
export function* closeItem(
  item: OutputItem,
  status: 'completed' | 'incomplete',
): Generator<UnnumberedEvent> {
  for (const at of item.summary.keys()) yield* closePart(item, 'summary', at)
  for (const at of item.content.keys()) yield* closePart(item, 'content', at)
  const place = { item_id: item.id, output_index: item.index }
  if (item.type === 'function_call') {
    // A call without arguments: Anthropic streams none, and nobody can parse an empty string.
    if (item.input === '') {
      yield { type: 'response.function_call_arguments.delta', ...place, delta: '{}' }
    }
    const { name, input } = item
    yield { type: 'response.function_call_arguments.done', ...place, name, arguments: input }
  }
  yield {
    type: 'response.output_item.done',
    output_index: item.index,
    item: item.toJson(status),
  }
}

export function* closePart(
  item: OutputItem,
  list: 'content' | 'summary',
  at: number,
): Generator<UnnumberedEvent> {
  const part = item[list].get(at)
  if (part === undefined || part.state === 'done') return
  const index = list === 'content' ? { content_index: at } : { summary_index: at }
  const place = { item_id: item.id, output_index: item.index, ...index }
  if (part.state === 'open') yield saidEvent(part, place)
  const type =
    list === 'content' ? 'response.content_part.done' : 'response.reasoning_summary_part.done'
  yield { type, ...place, part: partJson(part) }
}

function saidEvent({ type, text }: OutputPart, place: JsonObject): UnnumberedEvent {
  switch (type) {
    case 'output_text':
      return { type: 'response.output_text.done', ...place, text, logprobs: [] }
    case 'refusal':
      return { type: 'response.refusal.done', ...place, [textField(type)]: text }
    case 'reasoning_text':
      return { type: 'response.reasoning_text.done', ...place, text }
    case 'summary_text':
      return { type: 'response.reasoning_summary_text.done', ...place, text }
    default:
      return type satisfies never
  }
}
