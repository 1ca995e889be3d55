import { isArray } from '../json.ts'
import type { DocumentPart, ImagePart, Item, Part, TextPart } from './conversation.ts'
import type { Fields } from './fields.ts'
import { sourceOfUrl, urlOfSource } from './inline-data.ts'

/** Anthropic's own place for what the model should know before anything is said. */
export function readSystem(fields: Fields): readonly Item[] {
  const system = fields.value('system')
  if (system === undefined) return []
  if (typeof system === 'string') return [systemItem([textPart(system)])]
  const blocks = fields.objects('system')
  if (blocks.some((block) => block.word('type') !== 'text')) {
    fields.notes.refuse('system', 'only text can be translated')
  }
  return blocks.length === 0 ? [] : [systemItem(blocks.flatMap((block) => readText(block)))]
}

function systemItem(parts: readonly Part[]): Item {
  return { kind: 'message', role: 'system', parts }
}

/** Anthropic's turns: tool results stand in the user's turn, tool calls in the model's. */
export function readMessagesTurns(turns: readonly Fields[]): readonly Item[] {
  return turns.flatMap((turn) => {
    const items = readTurn(turn)
    turn.dropRest()
    return items
  })
}

function readTurn(turn: Fields): readonly Item[] {
  const role = turn.word('role')
  const content = turn.value('content')
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    turn.notes.refuse(turn.pathOf('role'), 'no other protocol has such a role')
    return []
  }
  if (typeof content === 'string') return [{ kind: 'message', role, parts: [textPart(content)] }]
  if (!isArray(content)) {
    turn.notes.refuse(turn.pathOf('content'), 'it must be text or a list of blocks')
    return []
  }
  const items: Item[] = []
  let parts: Part[] | undefined
  for (const block of turn.objects('content')) {
    const read = role === 'assistant' ? readAssistantBlock(block) : readUserBlock(block)
    block.dropRest()
    for (const one of read) {
      // Parts that follow each other are one message.
      if (one.kind === 'tool-call' || one.kind === 'tool-result') {
        items.push(one)
        parts = undefined
      } else if (parts === undefined) {
        parts = [one]
        items.push({ kind: 'message', role, parts })
      } else {
        parts.push(one)
      }
    }
  }
  return items
}

type BlockPart = Part | Exclude<Item, { readonly kind: 'message' }>

function readUserBlock(block: Fields): readonly BlockPart[] {
  if (block.word('type') !== 'tool_result') return readPart(block)
  const content = block.value('content')
  const parts =
    typeof content === 'string'
      ? [textPart(content)]
      : block.objects('content').flatMap((inner) => readPart(inner))
  return [
    {
      kind: 'tool-result',
      id: block.string('tool_use_id')?.value ?? '',
      isError: block.boolean('is_error')?.value === true,
      parts,
      cacheControl: block.object('cache_control'),
    },
  ]
}

function readAssistantBlock(block: Fields): readonly BlockPart[] {
  const type = block.string('type')?.value
  switch (type) {
    case 'text':
      return readText(block)
    case 'tool_use':
      return [
        {
          kind: 'tool-call',
          field: block.pathOf('input'),
          id: block.string('id')?.value ?? '',
          name: block.string('name')?.value ?? '',
          json: JSON.stringify(block.object('input')?.value ?? {}),
        },
      ]
    case 'thinking':
    case 'redacted_thinking':
      // A chain of thought is bound to the model that thought it.
      block.notes.drop('messages.thinking')
      block.skip('thinking', 'signature', 'data')
      return []
    case 'fallback':
      // The mark of Anthropic's own splice; it says nothing to anyone else.
      block.skip('from', 'to', 'trigger')
      return []
    case undefined:
    default: {
      const name = type === undefined ? 'such a' : `"${type.slice(0, 64)}"`
      block.notes.refuse(block.pathOf('type'), `no other protocol has a ${name} block`)
      return []
    }
  }
}

function readPart(block: Fields): readonly Part[] {
  switch (block.word('type')) {
    case 'text':
      return readText(block)
    case 'image':
      return readImage(block)
    case 'document':
      return readDocument(block)
    case undefined:
    default:
      block.notes.refuse(block.pathOf('type'), 'no other protocol has such content')
      return []
  }
}

function textPart(text: string): TextPart {
  return { kind: 'text', text, cacheControl: undefined }
}

function readText(block: Fields): readonly TextPart[] {
  const text = block.string('text')?.value ?? ''
  const cacheControl = block.object('cache_control')
  block.skip('type')
  return text === '' ? [] : [{ kind: 'text', text, cacheControl }]
}

function readImage(block: Fields): readonly ImagePart[] {
  const source = readSource(block)
  if (source === undefined) {
    const detail = 'an image must be a web address or come with the request'
    block.notes.refuse(block.pathOf('source'), detail)
    return []
  }
  const cacheControl = block.object('cache_control')
  return [{ kind: 'image', field: block.pathOf('source'), source, detail: undefined, cacheControl }]
}

function readDocument(block: Fields): readonly (DocumentPart | TextPart)[] {
  const name = block.string('title')?.value
  const cacheControl = block.object('cache_control')
  const source = block.inside('source')
  if (source?.word('type') === 'text') {
    return [{ kind: 'text', text: source.string('data')?.value ?? '', cacheControl }]
  }
  const read = readSource(block)
  if (read === undefined) {
    block.notes.refuse(block.pathOf('source'), 'a document must come with the request')
    return []
  }
  return [{ kind: 'document', field: block.pathOf('source'), source: read, name, cacheControl }]
}

function readSource(block: Fields): ImagePart['source'] | undefined {
  const source = block.inside('source')
  switch (source?.word('type')) {
    case 'url':
      return sourceOfUrl(source.string('url')?.value ?? '')
    case 'base64': {
      const mediaType = source.string('media_type')?.value
      const base64 = source.string('data')?.value
      if (mediaType === undefined || base64 === undefined) return undefined
      // Through the address and back: what is not a media type ends here.
      return sourceOfUrl(urlOfSource({ kind: 'inline', mediaType, base64 }))
    }
    case undefined:
    default:
      return undefined
  }
}
