import { isObject, own } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/** A request body in the target's protocol, or the field that cannot be said there honestly. */
export type Translation =
  | {
      readonly kind: 'translated'
      readonly body: JsonObject
      /** Fields without a word in the target's protocol that change no more than quality. */
      readonly dropped: readonly string[]
    }
  | Untranslatable

export interface Untranslatable {
  readonly kind: 'not-translatable'
  readonly field: string
  readonly detail: string
}

export function refuse(field: string, detail: string): Untranslatable {
  return { kind: 'not-translatable', field, detail }
}

export function isRefusal(value: object | undefined): value is Untranslatable {
  return value !== undefined && 'kind' in value && value.kind === 'not-translatable'
}

/** Null, false, zero and empty say the same as a field that is not there. */
export function isGiven(body: JsonObject, key: string): boolean {
  const value: JsonValue | undefined = own(body, key)
  if (Array.isArray(value)) return value.length > 0
  if (isObject(value)) return Object.keys(value).length > 0
  return Boolean(value)
}

/** The parts of `fields` that are defined: an absent field must stay absent, not become null. */
export function compact(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
