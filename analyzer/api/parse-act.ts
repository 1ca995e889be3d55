import {
  ACT_KINDS,
  BY_CHARS_MAX,
  NOTE_CHARS_MAX,
  type Act,
  type ActKind,
} from '../incidents/act.ts'
import type { Parsed } from './parse-query.ts'

const KEYS: ReadonlySet<string> = new Set(['kind', 'by', 'note', 'until'])

/**
 * A `WireAct` as somebody sent it. Whether the end of a mute is still to come is asked where it is
 * done: of one that was done already, and is sent again, it may be over.
 */
export function parseAct(body: unknown): Parsed<Omit<Act, 'atMs'>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('the body must be a JSON object such as {"kind":"acknowledge","by":"ana"}')
  }
  const given = new Map<string, unknown>(Object.entries(body))
  const odd = [...given.keys()].find((key) => !KEYS.has(key))
  if (odd !== undefined) {
    return invalid(`there is no "${visible(odd)}": expected ${[...KEYS].join(', ')}`)
  }
  const kind = given.get('kind')
  if (!isKind(kind)) return invalid(`kind must be one of ${ACT_KINDS.join(', ')}`)
  const by = parseLine(given.get('by'))
  if (by === undefined) {
    return invalid(`by must say who does it, in 1 to ${BY_CHARS_MAX} characters on one line`)
  }
  const parsedNote = parseNote(given.get('note'))
  if (parsedNote.kind === 'invalid') return parsedNote
  const note = parsedNote.value
  if (kind === 'note' && note === undefined) return invalid('a note needs a text: "note"')
  const until = parseUntil(given.get('until'), kind)
  if (until.kind === 'invalid') return until
  return {
    kind: 'parsed',
    value: {
      kind,
      by,
      ...(note !== undefined && { note }),
      ...(until.value !== undefined && { untilMs: until.value }),
    },
  }
}

function isKind(value: unknown): value is ActKind {
  return ACT_KINDS.some((kind) => kind === value)
}

function parseLine(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return text === '' || text.length > BY_CHARS_MAX || UNSEEN.test(text) ? undefined : text
}

/** Undefined where there is none: an empty one says nothing. */
function parseNote(value: unknown): Parsed<string | undefined> {
  if (value === undefined || value === null) return { kind: 'parsed', value: undefined }
  if (typeof value !== 'string' || value.length > NOTE_CHARS_MAX) {
    return invalid(`note must be a text of at most ${NOTE_CHARS_MAX} characters`)
  }
  // What cannot be seen has no place in a text that is shown; lines and tabs have.
  const text = value.replaceAll(/\r\n?/gu, '\n').replaceAll(UNSEEN_IN_TEXT, '').trim()
  return { kind: 'parsed', value: text === '' ? undefined : text }
}

function parseUntil(value: unknown, kind: ActKind): Parsed<number | undefined> {
  if (value === undefined || value === null) return { kind: 'parsed', value: undefined }
  if (kind !== 'mute') return invalid('until is for kind "mute" alone')
  const untilMs = typeof value === 'string' && ISO.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(untilMs)) {
    return invalid('until must be a time such as 2026-03-04T05:06:07Z')
  }
  return { kind: 'parsed', value: untilMs }
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/u
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const UNSEEN_IN_TEXT = /[^\P{Cc}\n\t]|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/gu

/** A sender's own word goes back to it, on one line. */
function visible(text: string): string {
  return text.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, 40)
}

function invalid(detail: string): { readonly kind: 'invalid'; readonly detail: string } {
  return { kind: 'invalid', detail }
}
