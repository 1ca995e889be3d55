import type { JsonObject } from '../json.ts'

/** The parts of `fields` that are defined: an absent field must stay absent, not become null. */
export function compact(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
