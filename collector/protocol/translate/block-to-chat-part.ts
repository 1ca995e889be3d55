import { isObject, objectOf, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { refuse } from './translation.ts'
import type { Untranslatable } from './translation.ts'

/** One block of a user turn as a part of a Chat message. */
export function blockToChatPart(block: JsonValue, field: string): JsonObject | Untranslatable {
  if (!isObject(block)) return refuse(field, 'a block must be an object')
  switch (stringOf(block, 'type')) {
    case 'text':
      return { type: 'text', text: stringOf(block, 'text') ?? '' }
    case 'image': {
      const url = sourceUrl(objectOf(block, 'source'))
      return url === undefined
        ? refuse(`${field}.source`, 'an image must be a web address or come with the request')
        : { type: 'image_url', image_url: { url } }
    }
    case 'document':
      return documentPart(block, `${field}.source`)
    case undefined:
    default:
      return refuse(`${field}.type`, 'Chat has no such content')
  }
}

function documentPart(block: JsonObject, field: string): JsonObject | Untranslatable {
  const source = objectOf(block, 'source') ?? {}
  const title = stringOf(block, 'title')
  if (stringOf(source, 'type') === 'text') {
    return { type: 'text', text: stringOf(source, 'data') ?? '' }
  }
  const url = stringOf(source, 'type') === 'base64' ? sourceUrl(source) : undefined
  if (url === undefined) return refuse(field, 'a document must come with the request')
  return { type: 'file', file: { filename: title ?? 'document.pdf', file_data: url } }
}

function sourceUrl(source: JsonObject | undefined): string | undefined {
  switch (source && stringOf(source, 'type')) {
    case 'url':
      return source && stringOf(source, 'url')
    case 'base64': {
      const mediaType = source && stringOf(source, 'media_type')
      const data = source && stringOf(source, 'data')
      if (mediaType === undefined || data === undefined) return undefined
      return `data:${mediaType};base64,${data}`
    }
    case undefined:
    default:
      // A file id lives at one provider.
      return undefined
  }
}
