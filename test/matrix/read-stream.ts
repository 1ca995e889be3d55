import type { Api } from '../../collector/vocabulary.ts'
import { isRecord } from '../../demo/provider/protocols/protocol.ts'

/**
 * What a client's bytes say, read by a parser that shares nothing with the sidecar's own: strict
 * where an SDK would be lenient, so that a breach is seen before it depends on who reads.
 */
export interface Shown {
  readonly text: string
  readonly toolCalls: readonly ShownToolCall[]
  /** Ids of the envelopes that were opened. */
  readonly envelopes: readonly string[]
  readonly terminals: readonly string[]
  readonly closings: number
  readonly errors: readonly string[]
  /** The objects that `errors` are the messages of. */
  readonly errorObjects: readonly Json[]
  readonly usages: number
  /** Of the last count. */
  readonly tokens: { readonly input?: unknown; readonly output?: unknown }
  /** Every name that the answer's model was given. */
  readonly models: ReadonlySet<string>
  /** What the router says beside the protocol. */
  readonly comments: readonly string[]
  /** Breaches of the protocol's own grammar. */
  readonly flaws: readonly string[]
}

export interface ShownToolCall {
  readonly id: string
  readonly name: string
  json: string
}

interface Frame {
  readonly event: string | undefined
  readonly data: string
}

export type Json = Readonly<Record<string, unknown>>

export function readStream(api: Api, body: string): Shown {
  const reading = new Reading(commentsOf(body))
  if (body !== '' && !body.endsWith('\n\n')) reading.flaw('the last event is not ended')
  const read = READERS[api](reading)
  for (const frame of framesOf(body, reading)) {
    if (frame.data === '[DONE]') {
      if (api === 'chat') reading.close()
      else reading.flaw('[DONE] in a protocol that has none')
      continue
    }
    const json = parse(frame.data)
    if (json === undefined) reading.flaw(`no JSON object: ${frame.data.slice(0, 60)}`)
    else read(json, frame.event)
  }
  return reading
}

function commentsOf(body: string): readonly string[] {
  return body.split('\n').flatMap((line) => (line.startsWith(': ') ? [line.slice(2)] : []))
}

/** Events of the stream; comments say nothing. */
function framesOf(body: string, reading: Reading): readonly Frame[] {
  return body.split('\n\n').flatMap((block) => {
    const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'))
    if (lines.length === 0) return []
    const odd = lines.find((line) => !/^(?:event|data): /.test(line))
    if (odd !== undefined) reading.flaw(`no field of an event: ${odd.slice(0, 60)}`)
    const valueOf = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    return [{ event: valueOf('event'), data: valueOf('data') ?? '' }]
  })
}

class Reading implements Shown {
  text = ''
  readonly toolCalls: ShownToolCall[] = []
  readonly envelopes: string[] = []
  readonly terminals: string[] = []
  readonly errors: string[] = []
  readonly errorObjects: Json[] = []
  readonly models = new Set<string>()
  readonly comments: readonly string[]
  tokens: Shown['tokens'] = {}
  readonly flaws: string[] = []
  closings = 0
  usages = 0

  constructor(comments: readonly string[]) {
    this.comments = comments
  }

  flaw(what: string): void {
    this.flaws.push(what)
  }

  open(id: unknown): void {
    this.envelopes.push(String(id))
  }

  say(text: string): void {
    if (text === '') return
    this.#content()
    this.text += text
  }

  call(id: unknown, name: unknown): ShownToolCall {
    this.#content()
    const call = { id: String(id), name: String(name), json: '' }
    this.toolCalls.push(call)
    return call
  }

  argue(call: ShownToolCall | undefined, json: string): void {
    if (json === '') return
    this.#content()
    if (call === undefined) this.flaw('arguments of a call that was not begun')
    else call.json += json
  }

  end(native: unknown): void {
    this.#alive()
    this.terminals.push(String(native))
  }

  close(): void {
    this.#alive()
    this.closings += 1
  }

  fail(error: unknown): void {
    if (this.closings > 0) this.flaw('an error behind the closing frame')
    this.errors.push(isRecord(error) ? String(error['message']) : String(error))
    if (isRecord(error)) this.errorObjects.push(error)
  }

  count(input: unknown, output: unknown): void {
    this.#alive()
    this.usages += 1
    this.tokens = { input, output }
  }

  name(model: unknown): void {
    this.models.add(String(model))
  }

  #content(): void {
    this.#alive()
    if (this.envelopes.length === 0) this.flaw('content before its envelope')
    if (this.terminals.length > 0) this.flaw('content behind the terminal')
  }

  #alive(): void {
    if (this.closings > 0) this.flaw('an event behind the closing frame')
    if (this.errors.length > 0) this.flaw('an event behind the error')
  }
}

type ReadFrame = (json: Json, event: string | undefined) => void

const READERS: Readonly<Record<Api, (reading: Reading) => ReadFrame>> = {
  chat: readChat,
  messages: readMessages,
  responses: readResponses,
}

function readChat(reading: Reading): ReadFrame {
  const calls = new Map<unknown, ShownToolCall>()
  let id: unknown
  return (json, event) => {
    if (event !== undefined) reading.flaw(`an event with a name: ${event}`)
    if (json['error'] !== undefined) return reading.fail(json['error'])
    if (id !== undefined && json['id'] !== id) reading.flaw('another id')
    id = json['id']
    if (json['object'] !== 'chat.completion.chunk') reading.flaw('no chunk')
    reading.name(json['model'])
    const usage = json['usage']
    if (isRecord(usage)) reading.count(usage['prompt_tokens'], usage['completion_tokens'])
    for (const choice of listOf(json['choices'])) {
      if (choice['index'] !== 0) reading.flaw('another choice')
      const delta = recordOf(choice['delta'])
      if (delta['role'] !== undefined) reading.open(json['id'])
      reading.say(textOf(delta['content']))
      for (const call of listOf(delta['tool_calls'])) {
        const { index } = call
        const body = recordOf(call['function'])
        if (!calls.has(index) && index !== calls.size) reading.flaw('a tool call out of order')
        if (!calls.has(index) || call['id'] !== undefined) {
          calls.set(index, reading.call(call['id'], body['name']))
        }
        reading.argue(calls.get(index), textOf(body['arguments']))
      }
      if (typeof choice['finish_reason'] === 'string') reading.end(choice['finish_reason'])
    }
    return undefined
  }
}

function readMessages(reading: Reading): ReadFrame {
  let nextIndex = 0
  let open: { readonly index: unknown; readonly call?: ShownToolCall } | undefined
  return (json, event) => {
    const { type } = json
    if (event !== type) reading.flaw(`an event named ${String(event)} of type ${String(type)}`)
    switch (type) {
      case 'ping':
        return
      case 'error':
        return reading.fail(json['error'])
      case 'message_start': {
        const message = recordOf(json['message'])
        if (!isRecord(message['usage'])) reading.flaw('message_start without usage')
        reading.name(message['model'])
        return reading.open(message['id'])
      }
      case 'content_block_start': {
        const block = recordOf(json['content_block'])
        if (open !== undefined) reading.flaw('a block inside a block')
        if (json['index'] !== nextIndex) reading.flaw('a block out of order')
        nextIndex += 1
        open = {
          index: json['index'],
          ...(block['type'] === 'tool_use' && { call: reading.call(block['id'], block['name']) }),
        }
        return
      }
      case 'content_block_delta': {
        const delta = recordOf(json['delta'])
        if (open === undefined || json['index'] !== open.index) reading.flaw('a delta of no block')
        if (delta['type'] === 'text_delta') reading.say(textOf(delta['text']))
        else reading.argue(open?.call, textOf(delta['partial_json']))
        return
      }
      case 'content_block_stop':
        if (open === undefined || json['index'] !== open.index) reading.flaw('no block to stop')
        open = undefined
        return
      case 'message_delta': {
        if (open !== undefined) reading.flaw('the end of a message inside a block')
        const usage = recordOf(json['usage'])
        if (typeof usage['output_tokens'] !== 'number') {
          reading.flaw('message_delta without output_tokens')
        }
        reading.count(usage['input_tokens'], usage['output_tokens'])
        return reading.end(recordOf(json['delta'])['stop_reason'])
      }
      case 'message_stop':
        return reading.close()
      default:
        return reading.flaw(`an event of an unknown type: ${String(type)}`)
    }
  }
}

/** Every event names its item and its place; texts are told three times over at the end. */
function readResponses(reading: Reading): ReadFrame {
  let sequence = 0
  let responseId: unknown
  const items: { readonly id: unknown; text: string; call?: ShownToolCall; done: boolean }[] = []
  const itemOf = (json: Json) => {
    const item = items[Number(json['output_index'])]
    if (item === undefined || (json['item_id'] ?? item.id) !== item.id) {
      reading.flaw(`${String(json['type'])} of an item that was not added`)
      return undefined
    }
    if (item.done) reading.flaw(`${String(json['type'])} of an item that is done`)
    return item
  }
  const sameResponse = (json: Json): Json => {
    const response = recordOf(json['response'])
    responseId ??= response['id']
    if (response['id'] !== responseId) reading.flaw('another id')
    reading.name(response['model'])
    return response
  }
  const checkOutput = (output: readonly Json[]): void => {
    if (output.length !== items.length) reading.flaw('the output lists other items than were added')
    for (const [index, item] of output.entries()) {
      const known = items[index]
      if (item['id'] !== known?.id) reading.flaw('the output lists another item')
      if (known !== undefined && wholeText(item) !== known.text) {
        reading.flaw('the output says another text than the deltas')
      }
      if (known?.call !== undefined && item['arguments'] !== known.call.json) {
        reading.flaw('the output has other arguments than the deltas')
      }
    }
  }
  return (json, event) => {
    const { type } = json
    if (event !== type) reading.flaw(`an event named ${String(event)} of type ${String(type)}`)
    if (json['sequence_number'] !== sequence) reading.flaw(`sequence_number is not ${sequence}`)
    sequence += 1
    switch (type) {
      case 'response.created':
        return reading.open(sameResponse(json)['id'])
      case 'response.in_progress':
        sameResponse(json)
        return
      case 'response.output_item.added': {
        const item = recordOf(json['item'])
        if (json['output_index'] !== items.length) reading.flaw('an item out of order')
        const call =
          item['type'] === 'function_call' ? reading.call(item['call_id'], item['name']) : undefined
        items.push({ id: item['id'], text: '', done: false, ...(call !== undefined && { call }) })
        return
      }
      case 'response.content_part.added':
        itemOf(json)
        return
      case 'response.output_text.delta': {
        const item = itemOf(json)
        if (item !== undefined) item.text += textOf(json['delta'])
        return reading.say(textOf(json['delta']))
      }
      case 'response.output_text.done':
        if (itemOf(json)?.text !== json['text']) reading.flaw('a text that is not its deltas')
        return
      case 'response.content_part.done':
        if (itemOf(json)?.text !== recordOf(json['part'])['text']) {
          reading.flaw('a part that is not its deltas')
        }
        return
      case 'response.function_call_arguments.delta':
        return reading.argue(itemOf(json)?.call, textOf(json['delta']))
      case 'response.function_call_arguments.done':
        if (itemOf(json)?.call?.json !== json['arguments']) {
          reading.flaw('arguments that are not their deltas')
        }
        return
      case 'response.output_item.done': {
        const item = itemOf(json)
        if (item === undefined) return
        if (wholeText(recordOf(json['item'])) !== item.text) {
          reading.flaw('an item that is not its deltas')
        }
        item.done = true
        return
      }
      case 'response.completed':
      case 'response.incomplete': {
        const response = sameResponse(json)
        checkOutput(listOf(response['output']))
        if (items.some((item) => !item.done)) reading.flaw('complete with an item that is not')
        const usage = response['usage']
        if (isRecord(usage)) reading.count(usage['input_tokens'], usage['output_tokens'])
        reading.end(response['status'])
        return reading.close()
      }
      // The failure is told twice: readers of the life cycle see this, all SDKs raise on `error`.
      case 'response.failed':
        if (reading.terminals.length > 0) reading.flaw('failed behind the terminal')
        sameResponse(json)
        return
      case 'error': {
        const nested = recordOf(json['error'])
        if (nested['message'] !== json['message']) reading.flaw('an error of two minds')
        return reading.fail(nested)
      }
      default:
        return reading.flaw(`an event of an unknown type: ${String(type)}`)
    }
  }
}

function wholeText(item: Json): string {
  return listOf(item['content'])
    .map((part) => textOf(part['text']))
    .join('')
}

function parse(data: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(data)
    return isRecord(json) ? json : undefined
  } catch {
    // Not JSON: the caller says so.
    return undefined
  }
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter((one: unknown) => isRecord(one)) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
