import type { ProviderError } from './event.ts'
import { isArray, isObject, numberOf, objectOf, own, parseJsonBytes, stringOf } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** An edge's HTML page says enough in its first words; more would drown what matters. */
const TEXT_CHARS_MAX = 512

/**
 * An error object as providers really send it: OpenAI's and Anthropic's, flat and nested, as a
 * string, in an array (Gemini), with a numeric code (OpenRouter), as FastAPI's `detail`.
 */
export function readErrorObject(value: JsonValue): ProviderError {
  if (typeof value === 'string') return { message: value }
  if (isArray(value)) return readErrorObject(value[0] ?? null)
  if (!isObject(value)) return { message: 'The provider sent an error without a message.' }
  const nested = own(value, 'error')
  if (isObject(nested)) return readFields(nested)
  if (typeof nested === 'string') return { ...readFields(value), message: nested }
  return readFields(value)
}

function readFields(error: JsonObject): ProviderError {
  const code = own(error, 'code')
  const details = objectOf(error, 'details')
  // Anthropic's own words for a spend limit stand in `details.error_code`.
  const codeText = typeof code === 'string' ? code : details && stringOf(details, 'error_code')
  const statusCode = typeof code === 'number' ? code : numberOf(error, 'status_code')
  const type = stringOf(error, 'type') ?? stringOf(error, 'status')
  const param = stringOf(error, 'param')
  return {
    message: messageOf(error) ?? type ?? 'The provider sent an error without a message.',
    ...(type === undefined || type === 'error' ? {} : { type }),
    ...(codeText === undefined ? {} : { code: codeText }),
    ...(param === undefined ? {} : { param }),
    ...(statusCode !== undefined && statusCode >= 400 && statusCode < 600 ? { statusCode } : {}),
  }
}

function messageOf(error: JsonObject): string | undefined {
  const message = stringOf(error, 'message') ?? stringOf(error, 'detail')
  if (message !== undefined && message !== '') return message
  const detail = own(error, 'detail')
  return detail === undefined ? undefined : JSON.stringify(detail).slice(0, TEXT_CHARS_MAX)
}

const lenient = new TextDecoder('utf-8')

/** The body of an HTTP error, whatever it is; never throws. */
export function readErrorBody(statusCode: number, body: Uint8Array): ProviderError {
  const json = parseJsonBytes(body)
  if (json.kind === 'parsed' && (isObject(json.value) || isArray(json.value))) {
    return readErrorObject(json.value)
  }
  const text = lenient.decode(body.subarray(0, TEXT_CHARS_MAX * 8))
  return text.trim() === ''
    ? { message: `HTTP ${statusCode} without a message` }
    : readErrorText(text)
}

/** The words of a page, without its markup. */
export function readErrorText(text: string): ProviderError {
  const words = text
    .slice(0, TEXT_CHARS_MAX * 8)
    .replace(/<(script|style|head)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TEXT_CHARS_MAX)
  return { message: words === '' ? 'The provider sent an error without a message.' : words }
}
