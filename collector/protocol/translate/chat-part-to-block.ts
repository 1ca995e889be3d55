import { isObject, objectOf, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { refuse } from './translation.ts'
import type { Untranslatable } from './translation.ts'

/** One part of a Chat message as Anthropic's block; undefined where it says nothing. */
export function chatPartToBlock(
  part: JsonValue,
  field: string,
): JsonObject | Untranslatable | undefined {
  if (!isObject(part)) return refuse(field, 'a content part must be an object')
  const cache = objectOf(part, 'cache_control')
  // Not Chat's word, but LiteLLM's clients set it for exactly this target.
  const cached = cache === undefined ? {} : { cache_control: cache }
  switch (stringOf(part, 'type')) {
    case 'text': {
      const text = stringOf(part, 'text') ?? ''
      return text === '' ? undefined : { type: 'text', text, ...cached }
    }
    case 'refusal': {
      const text = stringOf(part, 'refusal') ?? ''
      return text === '' ? undefined : { type: 'text', text }
    }
    case 'image_url': {
      const source = imageSource(objectOf(part, 'image_url'), `${field}.image_url`)
      return 'kind' in source ? source : { type: 'image', source: source.source, ...cached }
    }
    case 'file':
      return documentBlock(objectOf(part, 'file') ?? {}, `${field}.file`)
    case 'input_audio':
      return refuse(`${field}.input_audio`, 'Anthropic hears no audio')
    case undefined:
    default:
      return refuse(`${field}.type`, 'Anthropic has no such content')
  }
}

function imageSource(
  image: JsonObject | undefined,
  field: string,
): { readonly source: JsonObject } | Untranslatable {
  const url = image && stringOf(image, 'url')
  if (url === undefined) return refuse(field, 'an image must have a url')
  if (/^https?:/i.test(url)) return { source: { type: 'url', url } }
  const data = dataUrl(url)
  return data === undefined
    ? refuse(`${field}.url`, 'an image must be a web address or base64 data')
    : { source: { type: 'base64', media_type: data.mediaType, data: data.data } }
}

function documentBlock(file: JsonObject, field: string): JsonObject | Untranslatable {
  const data = dataUrl(stringOf(file, 'file_data') ?? '')
  if (data?.mediaType !== 'application/pdf') {
    return refuse(field, 'only a PDF that comes with the request can be translated')
  }
  const title = stringOf(file, 'filename')
  const source = { type: 'base64', media_type: data.mediaType, data: data.data }
  return { type: 'document', source, ...(title === undefined ? {} : { title }) }
}

function dataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  // Split by hand: a pattern over megabytes of base64 is work without a gain.
  const comma = url.indexOf(',')
  const head = /^data:([\w.+-]+\/[\w.+-]+);base64$/i.exec(url.slice(0, Math.max(0, comma)))
  const mediaType = head?.[1]?.toLowerCase()
  return mediaType === undefined ? undefined : { mediaType, data: url.slice(comma + 1) }
}
