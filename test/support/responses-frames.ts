/** Frames of a Responses stream as OpenAI writes them; `sequence_number` counts from 0. */

export interface ResponsesEvent {
  readonly type: string
  readonly [key: string]: unknown
}

export function responsesFrames(events: readonly ResponsesEvent[], from = 0): string {
  return events
    .map(({ type, ...fields }, index) => {
      const payload = { type, sequence_number: from + index, ...fields }
      return `event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`
    })
    .join('')
}

export const RESPONSE = {
  id: 'resp_a',
  object: 'response',
  created_at: 1_700_000_001,
  status: 'in_progress',
  error: null,
  incomplete_details: null,
  instructions: 'Be brief.',
  metadata: {},
  model: 'served',
  output: [],
  parallel_tool_calls: true,
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  usage: null,
}

export const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 17,
}

export const OPENED: readonly ResponsesEvent[] = [
  { type: 'response.created', response: RESPONSE },
  { type: 'response.in_progress', response: RESPONSE },
]

export function messageItem(id: string, text: string | undefined, status = 'completed'): object {
  const content = text === undefined ? [] : [textPart(text)]
  return { id, type: 'message', status, role: 'assistant', content }
}

export function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

export function messageOpened(id: string, index: number): readonly ResponsesEvent[] {
  const item = messageItem(id, undefined, 'in_progress')
  const place = { item_id: id, output_index: index, content_index: 0 }
  return [
    { type: 'response.output_item.added', output_index: index, item },
    { type: 'response.content_part.added', ...place, part: textPart('') },
  ]
}

export function textDelta(id: string, index: number, delta: string): ResponsesEvent {
  const place = { item_id: id, output_index: index, content_index: 0 }
  return {
    type: 'response.output_text.delta',
    ...place,
    delta,
    logprobs: [],
    obfuscation: 'x'.repeat(delta.length),
  }
}

/** `output_text.done`, `content_part.done`, `output_item.done`. */
export function messageDone(id: string, index: number, text: string): readonly ResponsesEvent[] {
  const place = { item_id: id, output_index: index, content_index: 0 }
  return [
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: textPart(text) },
    {
      type: 'response.output_item.done',
      output_index: index,
      item: messageItem(id, text),
    },
  ]
}

export function callItem(id: string, json: string, status = 'completed'): object {
  return {
    id,
    type: 'function_call',
    status,
    call_id: `call_${id}`,
    name: `look_up_${id}`,
    arguments: json,
  }
}

export function callAdded(id: string, index: number): ResponsesEvent {
  const item = callItem(id, '', 'in_progress')
  return { type: 'response.output_item.added', output_index: index, item }
}

export function callDelta(id: string, index: number, delta: string): ResponsesEvent {
  const place = { item_id: id, output_index: index }
  return { type: 'response.function_call_arguments.delta', ...place, delta }
}

export function callDone(id: string, index: number, json: string): readonly ResponsesEvent[] {
  return [
    {
      type: 'response.function_call_arguments.done',
      item_id: id,
      output_index: index,
      name: `look_up_${id}`,
      arguments: json,
    },
    { type: 'response.output_item.done', output_index: index, item: callItem(id, json) },
  ]
}

/** A reasoning item with one summary, from its first event to its last. */
export function reasoning(id: string, index: number, text: string): readonly ResponsesEvent[] {
  const place = { item_id: id, output_index: index, summary_index: 0 }
  const item = { id, type: 'reasoning', summary: [] }
  const part = { type: 'summary_text', text: '' }
  const done = { type: 'summary_text', text }
  return [
    { type: 'response.output_item.added', output_index: index, item },
    { type: 'response.reasoning_summary_part.added', ...place, part },
    { type: 'response.reasoning_summary_text.delta', ...place, delta: text },
    { type: 'response.reasoning_summary_text.done', ...place, text },
    { type: 'response.reasoning_summary_part.done', ...place, part: done },
    {
      type: 'response.output_item.done',
      output_index: index,
      item: { ...item, summary: [done], encrypted_content: `sealed-${id}` },
    },
  ]
}

export function completed(output: readonly object[], fields: object = {}): ResponsesEvent {
  const response = { ...RESPONSE, status: 'completed', output, usage: USAGE, ...fields }
  return { type: 'response.completed', response }
}
