import { isArray, isObject } from '../json.ts'
import type { DocumentPart, ImagePart, Item, Part, ToolCall } from './conversation.ts'
import { Fields } from './fields.ts'
import { sourceOfUrl } from './inline-data.ts'

/** Chat's messages; a tool's answer is a message of its own there. */
export function readChatMessages(messages: readonly Fields[]): readonly Item[] {
  return messages.flatMap((message) => {
    const items = readMessage(message)
    message.dropRest()
    return items
  })
}

function readMessage(message: Fields): readonly Item[] {
  const role = message.string('role')?.value
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return [{ kind: 'message', role, parts: contentOf(message, role !== 'user') }]
    case 'assistant':
      return assistantItems(message)
    case 'tool': {
      const id = message.string('tool_call_id')?.value ?? ''
      const cacheControl = message.object('cache_control')
      return [{ kind: 'tool-result', id, isError: false, parts: contentOf(message), cacheControl }]
    }
    case undefined:
    default:
      message.notes.refuse(message.pathOf('role'), 'no other protocol has such a role')
      return []
  }
}

function assistantItems(message: Fields): readonly Item[] {
  message.refuseGiven({
    function_call: 'only `tool_calls` can be translated',
    audio: 'it names audio that lives at another provider',
  })
  const refusal = message.string('refusal')?.value
  const parts: readonly Part[] = [
    ...contentOf(message),
    ...(refusal ? [{ kind: 'refusal' as const, text: refusal }] : []),
  ]
  const calls = message.objects('tool_calls').flatMap(readToolCall)
  return [{ kind: 'message', role: 'assistant', parts }, ...calls]
}

function readToolCall(call: Fields): readonly ToolCall[] {
  const called = call.value('function')
  if (!isObject(called)) {
    call.notes.refuse(call.path, 'only function calls can be translated')
    return []
  }
  const body = new Fields(called, call.notes, call.pathOf('function'))
  return [
    {
      kind: 'tool-call',
      field: body.pathOf('arguments'),
      id: call.string('id')?.value ?? '',
      name: body.string('name')?.value ?? '',
      json: body.string('arguments')?.value ?? '',
    },
  ]
}

function contentOf(message: Fields, isTextOnly = false): readonly Part[] {
  const content = message.value('content')
  if (typeof content === 'string') return textParts(content, message)
  if (content === undefined) return []
  if (!isArray(content)) {
    message.notes.refuse(message.pathOf('content'), 'it must be text or a list of parts')
    return []
  }
  return message.objects('content').flatMap((part) => {
    const read = readPart(part)
    part.dropRest()
    if (!isTextOnly || read.every(({ kind }) => kind === 'text')) return read
    part.notes.refuse(part.pathOf('type'), 'a system message must be text')
    return []
  })
}

/** Empty text says nothing, and Anthropic refuses it. */
function textParts(text: string, at: Fields): readonly Part[] {
  const cacheControl = at.object('cache_control')
  return text === '' ? [] : [{ kind: 'text', text, cacheControl }]
}

function readPart(part: Fields): readonly Part[] {
  switch (part.word('type')) {
    case 'text':
      return textParts(part.string('text')?.value ?? '', part)
    case 'refusal': {
      const text = part.string('refusal')?.value ?? ''
      return text === '' ? [] : [{ kind: 'refusal', text }]
    }
    case 'image_url':
      return readImage(part)
    case 'file':
      return readFile(part)
    case 'input_audio':
      part.notes.refuse(part.pathOf('input_audio'), 'no other protocol hears audio')
      return []
    case undefined:
    default:
      part.notes.refuse(part.pathOf('type'), 'no other protocol has such content')
      return []
  }
}

function readImage(part: Fields): readonly ImagePart[] {
  const image = part.inside('image_url')
  const url = image?.string('url')
  if (image === undefined || url === undefined) {
    part.notes.refuse(part.pathOf('image_url'), 'an image must have a url')
    return []
  }
  const source = sourceOfUrl(url.value)
  if (source === undefined) {
    part.notes.refuse(url.field, 'an image must be a web address or base64 data')
    return []
  }
  const detail = image.string('detail')
  image.dropRest()
  const cacheControl = part.object('cache_control')
  return [{ kind: 'image', field: image.path, source, detail, cacheControl }]
}

function readFile(part: Fields): readonly DocumentPart[] {
  const file = part.inside('file')
  const source = sourceOfUrl(file?.string('file_data')?.value ?? '')
  if (file === undefined || source?.kind !== 'inline') {
    part.notes.refuse(part.pathOf('file'), 'a file must come with the request, as base64 data')
    return []
  }
  const name = file.string('filename')?.value
  file.dropRest()
  const cacheControl = part.object('cache_control')
  return [{ kind: 'document', field: file.path, source, name, cacheControl }]
}
