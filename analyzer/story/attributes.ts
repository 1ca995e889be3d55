import type { Attributes, AttributeValue, Span } from './span.ts'

/**
 * Typed, total readers over hostile attributes: a value that is missing or of another type is
 * `undefined`, never an exception and never a guess. LiteLLM writes the same fact as a boolean, as
 * `"True"` or as a number in a string, depending on release and mode, so readers accept all of
 * them.
 */

/** A non-empty string. */
export function text(attributes: Attributes, key: string): string | undefined {
  const value = attributes.get(key)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A value of a closed list of the vocabulary; what is not in the list tells nothing. */
export function member<T extends string>(
  attributes: Attributes,
  key: string,
  list: readonly T[],
): T | undefined {
  const value = text(attributes, key)
  return list.find((item) => item === value)
}

/** A finite number, whether it came as a number, a 64-bit integer or decimal text. */
export function numeric(attributes: Attributes, key: string): number | undefined {
  return toNumber(attributes.get(key))
}

export function flag(attributes: Attributes, key: string): boolean | undefined {
  const value = attributes.get(key)
  if (typeof value === 'boolean') return value
  if (value === 'True' || value === 'true') return true
  if (value === 'False' || value === 'false') return false
  return undefined
}

/** Strings of an array, or of a JSON array in a string; anything else in it is left out. */
export function textList(attributes: Attributes, key: string): readonly string[] | undefined {
  const value = attributes.get(key)
  const list = typeof value === 'string' ? parseJson(value) : value
  if (!Array.isArray(list)) return undefined
  return list.filter((item): item is string => typeof item === 'string')
}

/** The first key that holds a non-empty string. */
export function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = text(attributes, key)
    if (value !== undefined) return value
  }
  return undefined
}

export function hasAny(attributes: Attributes, prefix: string): boolean {
  for (const key of attributes.keys()) if (key.startsWith(prefix)) return true
  return false
}

/** JSON text of an attribute, as a map of its own properties; undefined unless it is an object. */
export function jsonObject(
  attributes: Attributes,
  key: string,
): ReadonlyMap<string, unknown> | undefined {
  const value = attributes.get(key)
  if (value instanceof Map) return value
  if (typeof value !== 'string') return undefined
  return toMap(parseJson(value))
}

/** Own enumerable properties only, as a `Map`: `__proto__` in hostile JSON stays inert (I11). */
export function toMap(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return new Map(Object.entries(value))
}

function toNumber(value: AttributeValue | undefined): number | undefined {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'bigint'
        ? Number(value)
        : typeof value === 'string' && /^-?\d{1,15}(?:\.\d{1,9})?$/.test(value)
          ? Number(value)
          : undefined
  return number !== undefined && Number.isFinite(number) ? number : undefined
}

/** `undefined` for what is not JSON. */
function parseJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

export function isError(span: Span): boolean {
  return span.status.code === 'error'
}
