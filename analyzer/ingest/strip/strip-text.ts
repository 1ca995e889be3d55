import type { AttributeValue } from '../../story/span.ts'
import {
  looksLikeMessages,
  saltedHash,
  shapeOf,
  shapeOfLength,
  type ContentSide,
} from './content-shape.ts'
import { NAME_CHARS_MAX, VALUE_CHARS_MAX } from '../limits.ts'
import { parseLiteral } from './parse-literal.ts'
import { cutStackTrace, cutUrl, scrubErrorText, scrubSecrets } from './scrub-secrets.ts'
import { TextCheck } from './text-check.ts'
import type { Treatment } from './treatment.ts'

export interface StripOptions {
  /** Of this data folder, or of this run: hashes of two installations must not be comparable. */
  readonly salt: Uint8Array
}

export interface Field extends StripOptions {
  readonly treatment: Treatment
}

/** Ids, models and the like; longer text under such a key is something else. */
const LABEL_CHARS_MAX = 1024
const WORD_CHARS_MAX = 128
const WORD = /^[\w./:@+,[\]"'-]{0,128}$/u

/** Of the keys inside a reduced object: a key is text that a sender chose. */
const FIELD_NAME = /^[\w.-]{1,64}$/u

/**
 * What is stored of a text (invariant I10): of content its `ContentShape`, of all else what tells
 * of routing. What dialects need survives.
 */
export function stripText(text: string, field: Field): string {
  // An empty text hides nothing, and that it is empty can be a fact.
  if (text === '') return text
  const { treatment } = field
  switch (treatment.kind) {
    case 'keep':
      return looksLikeMessages(text) ? stripContent(text, field) : cutErrorText(text)
    case 'label':
      return text.length > LABEL_CHARS_MAX || looksLikeMessages(text)
        ? stripContent(text, field)
        : scrubSecrets(text)
    case 'word':
      return WORD.test(text) ? scrubSecrets(text) : stripContent(text, field)
    case 'shape':
      return stripContent(text, field)
    case 'error_text':
      return cutErrorText(text)
    case 'stack':
      return cut(cutStackTrace(text))
    case 'url':
      return cutUrl(text.slice(0, LABEL_CHARS_MAX))
    case 'hash':
      // LiteLLM's hash of a key is unsalted: a short master key could be found by trying.
      return /^[0-9a-f]{32,}$|^sk-/iu.test(text)
        ? saltedHash(text, field.salt)
        : scrubSecrets(cut(text))
    case 'redact':
      return '[redacted]'
    case 'numbers':
    case 'fields':
      return reduceText(text, field)
  }
}

/** Without a quotation mark nothing looks like messages, and nothing is quoted. */
const QUOTE = /["']/u

/** Of what `cutErrorText` is for. */
export const ERROR_TEXT_CHECK = new TextCheck(VALUE_CHARS_MAX, QUOTE)
/** Of what `cutName` is for. */
export const NAME_CHECK = new TextCheck(NAME_CHARS_MAX, /\?/u)

const CHECKS: Readonly<Partial<Record<Treatment['kind'], TextCheck>>> = {
  keep: ERROR_TEXT_CHECK,
  label: new TextCheck(LABEL_CHARS_MAX, QUOTE),
  word: new TextCheck(WORD_CHARS_MAX, /[^\w./:@+,[\]"'-]/u),
  error_text: ERROR_TEXT_CHECK,
  url: new TextCheck(LABEL_CHARS_MAX, /[?#]/u),
}

/** Tells of texts as bytes that `stripText` would return as they are. */
export function checkOf({ kind }: Treatment): TextCheck | undefined {
  return CHECKS[kind]
}

/** The limit first: patterns must not be run over megabytes. */
export function cutErrorText(text: string): string {
  return cut(scrubErrorText(cut(text)))
}

function cut(text: string): string {
  return text.length > VALUE_CHARS_MAX ? text.slice(0, VALUE_CHARS_MAX) : text
}

/** The shape of content, as JSON text. */
export function stripContent(value: AttributeValue, { treatment, salt }: Field): string {
  const side: ContentSide = treatment.kind === 'shape' ? treatment.side : 'unknown'
  return JSON.stringify(shapeOf(value, { side, salt }))
}

/** Bytes are opaque: only how many there were can be told. */
export function stripBytes(length: number): string {
  return JSON.stringify(shapeOfLength(length))
}

/** An object as JSON text with what may stay of it, whatever notation it came in. */
function reduceText(text: string, field: Field): string {
  if (text.length > VALUE_CHARS_MAX) return stripContent(text, field)
  const parsed = parseLiteral(text)
  if (typeof parsed === 'number' || typeof parsed === 'boolean') return text
  if (!(parsed instanceof Map)) return stripContent(text, field)
  return JSON.stringify(reduceObject(parsed, field.treatment, 0))
}

const REDUCED_DEPTH_MAX = 4

function reduceObject(
  object: ReadonlyMap<string, AttributeValue>,
  treatment: Treatment,
  depth: number,
): Readonly<Record<string, unknown>> {
  const entries: [string, unknown][] = []
  for (const [key, value] of object) {
    if (!FIELD_NAME.test(key) || key === '__proto__') continue
    if (treatment.kind === 'fields' && !treatment.fields.has(key)) continue
    if (value instanceof Map) {
      if (depth < REDUCED_DEPTH_MAX) entries.push([key, reduceObject(value, treatment, depth + 1)])
    } else if (typeof value === 'string') {
      if (treatment.kind === 'fields') entries.push([key, cutUrl(value.slice(0, NAME_CHARS_MAX))])
    } else if (value === null || typeof value === 'number' || typeof value === 'boolean') {
      entries.push([key, value])
    }
  }
  return Object.fromEntries(entries)
}
