/**
 * JSON as it comes from strangers: parsed within a depth limit, read only through own-property
 * checks, never assigned into objects by a key that somebody else chose.
 */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/**
 * Deeper than any request or event that a provider documents (a JSON schema spends two levels on
 * each of its own), and far below where `JSON.parse` and recursive readers exhaust the stack.
 */
export const JSON_DEPTH_MAX = 128

export type JsonResult =
  | { readonly kind: 'parsed'; readonly value: JsonValue }
  | { readonly kind: 'invalid'; readonly detail: string }

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Parses bytes that must be UTF-8 and JSON; says where they are not. */
export function parseJsonBytes(bytes: Uint8Array): JsonResult {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { kind: 'invalid', detail: 'it is not UTF-8' }
  }
  return parseJson(text)
}

export function parseJson(text: string): JsonResult {
  if (exceedsDepth(text)) {
    return { kind: 'invalid', detail: `it is nested deeper than ${JSON_DEPTH_MAX} levels` }
  }
  try {
    const value: JsonValue = JSON.parse(text)
    return { kind: 'parsed', value }
  } catch (error: unknown) {
    return { kind: 'invalid', detail: syntaxDetail(error, text) }
  }
}

/**
 * V8 quotes the text in its message; a prompt must not end up in an error, so only where counts.
 */
function syntaxDetail(error: unknown, text: string): string {
  if (text.trim() === '') return 'it is empty'
  const message = error instanceof Error ? error.message : ''
  const position = /position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `it is not JSON at position ${position}`
  return message.includes('end of JSON') ? 'it ends too early' : 'it is not JSON'
}

/** Counts by native search: a stream's hot path cannot afford a look at every character. */
function hasManyBrackets(text: string): boolean {
  let count = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1
      if (count > JSON_DEPTH_MAX) return true
    }
  }
  return false
}

function exceedsDepth(text: string): boolean {
  // Without this many brackets there is nothing to count; every frame of a stream ends here.
  if (!hasManyBrackets(text)) return false
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at += 1
      else if (code === 0x22) inString = false
    } else if (code === 0x22) {
      inString = true
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1
      if (depth > JSON_DEPTH_MAX) return true
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1
    }
  }
  return false
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isArray(value)
}

/** `Array.isArray` does not narrow readonly arrays. */
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** An own property, never one that the prototype lends. */
export function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

export function stringOf(object: JsonObject, key: string): string | undefined {
  const value = own(object, key)
  return typeof value === 'string' ? value : undefined
}

export function numberOf(object: JsonObject, key: string): number | undefined {
  const value = own(object, key)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export function objectOf(object: JsonObject, key: string): JsonObject | undefined {
  const value = own(object, key)
  return isObject(value) ? value : undefined
}

export function arrayOf(object: JsonObject, key: string): readonly JsonValue[] | undefined {
  const value = own(object, key)
  return isArray(value) ? value : undefined
}

/** A copy without the named keys; `fromEntries` defines, so that `__proto__` stays plain data. */
export function without(object: JsonObject, keys: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)))
}

const encoder = new TextEncoder()

export function toBytes(text: string): Uint8Array {
  return encoder.encode(text)
}
