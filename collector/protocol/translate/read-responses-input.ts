import { isArray } from '../json.ts'
import type { DocumentPart, ImagePart, Item, Part, TextPart } from './conversation.ts'
import type { Fields } from './fields.ts'
import { sourceOfUrl } from './inline-data.ts'

/** The instructions and the input items, whose order is the conversation's. */
export function readResponsesInput(fields: Fields): readonly Item[] {
  const instructions = fields.string('instructions')?.value
  const before: readonly Item[] = instructions
    ? [{ kind: 'message', role: 'system', parts: [textPart(instructions)] }]
    : []
  const input = fields.value('input')
  if (typeof input === 'string') {
    return [...before, { kind: 'message', role: 'user', parts: [textPart(input)] }]
  }
  const items = fields.objects('input').flatMap((item) => {
    const read = readItem(item)
    item.dropRest()
    return read
  })
  return [...before, ...items]
}

function readItem(item: Fields): readonly Item[] {
  // Bookkeeping of the response that an item came from: no other protocol has a place for it.
  item.skip('id', 'status')
  const type = item.string('type')?.value ?? 'message'
  switch (type) {
    case 'message':
      return readMessage(item)
    case 'function_call':
      return [
        {
          kind: 'tool-call',
          field: item.pathOf('arguments'),
          id: item.string('call_id')?.value ?? '',
          name: item.string('name')?.value ?? '',
          json: item.string('arguments')?.value ?? '',
        },
      ]
    case 'function_call_output':
      return [
        {
          kind: 'tool-result',
          id: item.string('call_id')?.value ?? '',
          isError: false,
          parts: contentOf(item, 'output'),
          cacheControl: undefined,
        },
      ]
    case 'reasoning':
      readReasoning(item)
      return []
    default:
      item.notes.refuse(item.pathOf('type'), `no other protocol has a "${type.slice(0, 64)}" item`)
      return []
  }
}

/** A chain of thought is bound to the model that thought it; encrypted, only it can read it. */
function readReasoning(item: Fields): void {
  item.refuseGiven({ encrypted_content: 'only the provider that encrypted it can read it' })
  item.skip('summary', 'content')
  item.notes.drop('input.reasoning')
}

function readMessage(item: Fields): readonly Item[] {
  const role = item.string('role')?.value
  switch (role) {
    case 'system':
    case 'developer': {
      const parts = contentOf(item, 'content')
      if (!parts.every(({ kind }) => kind === 'text')) {
        item.notes.refuse(item.pathOf('content'), 'a system message must be text')
      }
      return [{ kind: 'message', role, parts }]
    }
    case 'user':
    case 'assistant':
      return [{ kind: 'message', role, parts: contentOf(item, 'content') }]
    case undefined:
    default:
      item.notes.refuse(item.pathOf('role'), 'no other protocol has such a role')
      return []
  }
}

function contentOf(item: Fields, key: string): readonly Part[] {
  const content = item.value(key)
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)]
  if (content === undefined) return []
  if (!isArray(content)) {
    item.notes.refuse(item.pathOf(key), 'it must be text or a list of parts')
    return []
  }
  return item.objects(key).flatMap((part) => {
    const read = readPart(part)
    part.dropRest()
    return read
  })
}

function readPart(part: Fields): readonly Part[] {
  switch (part.word('type')) {
    case 'input_text':
    case 'output_text': {
      part.skip('logprobs')
      const text = part.string('text')?.value ?? ''
      return text === '' ? [] : [textPart(text)]
    }
    case 'refusal': {
      const text = part.string('refusal')?.value ?? ''
      return text === '' ? [] : [{ kind: 'refusal', text }]
    }
    case 'input_image':
      return readImage(part)
    case 'input_file':
      return readFile(part)
    case undefined:
    default:
      part.notes.refuse(part.pathOf('type'), 'no other protocol has such content')
      return []
  }
}

function textPart(text: string): TextPart {
  return { kind: 'text', text, cacheControl: undefined }
}

const FILE_ID = 'a file id lives at one provider; send the file with the request'

function readImage(part: Fields): readonly ImagePart[] {
  part.refuseGiven({ file_id: FILE_ID })
  const field = part.pathOf('image_url')
  const source = sourceOfUrl(part.string('image_url')?.value ?? '')
  const detail = part.string('detail')
  if (source === undefined) {
    part.notes.refuse(field, 'an image must be a web address or base64 data')
    return []
  }
  // `auto` is what every protocol does unasked, and what OpenAI's SDKs always say here.
  const asked = detail?.value === 'auto' ? undefined : detail
  return [{ kind: 'image', field, source, detail: asked, cacheControl: undefined }]
}

function readFile(part: Fields): readonly DocumentPart[] {
  part.refuseGiven({ file_id: FILE_ID })
  const url = part.string('file_url') ?? part.string('file_data')
  const source = sourceOfUrl(url?.value ?? '')
  const name = part.string('filename')?.value
  if (url === undefined || source === undefined) {
    const detail = 'a file must be a web address or come with the request, as base64 data'
    part.notes.refuse(url?.field ?? part.path, detail)
    return []
  }
  return [{ kind: 'document', field: url.field, source, name, cacheControl: undefined }]
}
