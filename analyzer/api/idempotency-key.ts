import { createHash } from 'node:crypto'

import type { Act } from '../incidents/act.ts'
import type { Parsed } from './parse-query.ts'

/** As the IETF's draft (draft-ietf-httpapi-idempotency-key-header) and most clients name it. */
export const IDEMPOTENCY_KEY = 'idempotency-key'

/** A UUID has 36; nobody needs more. */
export const KEY_CHARS_MAX = 128

/** A string in quotes, as the draft has it, or bare, as most clients send it. */
const QUOTED = /^"([ !#-[\]-~]+)"$/u
const BARE = /^([!#-[\]-~]+)$/u

/** Undefined: the client chose none, and what it sends twice is done twice. */
export function parseIdempotencyKey(
  header: string | readonly string[] | undefined,
): Parsed<string | undefined> {
  if (header === undefined) return { kind: 'parsed', value: undefined }
  const text = typeof header === 'string' ? header.trim() : ''
  const key = (QUOTED.exec(text) ?? BARE.exec(text))?.[1]
  if (key !== undefined && key.length <= KEY_CHARS_MAX) return { kind: 'parsed', value: key }
  return {
    kind: 'invalid',
    detail: `Idempotency-Key must be 1 to ${KEY_CHARS_MAX} visible ASCII characters, such as a UUID`,
  }
}

/** The same for the same act on the same incident, however its body was written. */
export function digestAct(incidentId: string, act: Omit<Act, 'atMs'>): string {
  const { kind, by, note = null, untilMs = null } = act
  const text = JSON.stringify([incidentId, kind, by, note, untilMs])
  return createHash('sha256').update(text).digest('base64url')
}
