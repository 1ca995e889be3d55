import type { Attributes, AttributeValue, Span, SpanEvent } from '../story/span.ts'
import { looksLikeMessages, saltedHash, shapeOf, type ContentSide } from './content-shape.ts'
import { NAME_CHARS_MAX, VALUE_CHARS_MAX } from './limits.ts'
import { parseLiteral } from './parse-literal.ts'
import { cutName, cutStackTrace, cutUrl, scrubErrorText, scrubSecrets } from './scrub-secrets.ts'
import { treatmentOf, type Treatment } from './treatment.ts'

export interface StripOptions {
  /** Of this data folder, or of this run: hashes of two installations must not be comparable. */
  readonly salt: Uint8Array
}

/** Ids, models and the like; longer text under such a key is something else. */
const LABEL_CHARS_MAX = 1024
const WORD = /^[\w./:@+,[\]"'-]{0,128}$/u

/** Of the keys inside a reduced object: a key is text that a sender chose. */
const FIELD_NAME = /^[\w.-]{1,64}$/u

/**
 * Removes prompt and completion text and secrets from spans (invariant I10). Under the key of a
 * content attribute stands its `ContentShape` afterwards; what dialects need survives. Runs before
 * the first write, and before anything looks at a span offline.
 */
export function stripContent(spans: readonly Span[], options: StripOptions): readonly Span[] {
  // One resource is shared by all spans of its sender's batch, and stays shared.
  const resources = new Map<Attributes, Attributes>()
  return spans.map((span) => {
    const resource = resources.get(span.resource) ?? stripAttributes(span.resource, options)
    resources.set(span.resource, resource)
    return {
      ...span,
      name: cutName(span.name),
      status: { code: span.status.code, message: cutErrorText(span.status.message) },
      attributes: stripAttributes(span.attributes, options),
      events: span.events.map((event) => stripEvent(event, options)),
      resource,
    }
  })
}

function stripEvent(event: SpanEvent, options: StripOptions): SpanEvent {
  // Content events (`gen_ai.user.message`) put it under bare keys such as `content`.
  const risky = /^(?:gen_ai|llm|ai|traceloop)\./u.test(event.name)
  return {
    name: scrubSecrets(event.name),
    timeNs: event.timeNs,
    attributes: stripAttributes(event.attributes, options, risky),
  }
}

function stripAttributes(attributes: Attributes, options: StripOptions, risky = false): Attributes {
  const stripped = new Map<string, AttributeValue>()
  for (const [key, value] of attributes) {
    if (key.length > NAME_CHARS_MAX) continue
    const treatment = treatmentOf(key)
    const effective: Treatment = risky && treatment.kind === 'keep' ? { kind: 'word' } : treatment
    stripped.set(key, stripValue(value, { key, treatment: effective, options }))
  }
  return stripped
}

interface Field {
  readonly key: string
  readonly treatment: Treatment
  readonly options: StripOptions
}

function stripValue(value: AttributeValue, field: Field): AttributeValue {
  if (value === null || typeof value === 'number' || typeof value === 'bigint') return value
  // An empty text hides nothing, and that it is empty can be a fact.
  if (typeof value === 'boolean' || value === '') return value
  if (typeof value === 'string') return stripText(value, field)
  if (value instanceof Uint8Array) return shapeText(value.length)
  if (field.treatment.kind === 'shape') return shapeJson(value, field)
  if (value instanceof Map) return stripMap(value, field)
  return isList(value) ? value.map((item) => stripValue(item, field)) : null
}

function stripMap(map: ReadonlyMap<string, AttributeValue>, field: Field): AttributeValue {
  const stripped = new Map<string, AttributeValue>()
  for (const [key, value] of map) {
    if (key.length > NAME_CHARS_MAX) continue
    const path = `${field.key}.${key}`
    stripped.set(key, stripValue(value, { ...field, key: path, treatment: treatmentOf(path) }))
  }
  return stripped
}

function stripText(text: string, field: Field): AttributeValue {
  const { treatment } = field
  switch (treatment.kind) {
    case 'keep':
      return looksLikeMessages(text) ? shapeJson(text, field) : cutErrorText(text)
    case 'label':
      return text.length > LABEL_CHARS_MAX || looksLikeMessages(text)
        ? shapeJson(text, field)
        : scrubSecrets(text)
    case 'word':
      return WORD.test(text) ? scrubSecrets(text) : shapeJson(text, field)
    case 'shape':
      return shapeJson(text, field)
    case 'error_text':
      return cutErrorText(text)
    case 'stack':
      return cut(cutStackTrace(text))
    case 'url':
      return cutUrl(text.slice(0, LABEL_CHARS_MAX))
    case 'hash':
      // LiteLLM's hash of a key is unsalted: a short master key could be found by trying.
      return /^[0-9a-f]{32,}$|^sk-/iu.test(text)
        ? saltedHash(text, field.options.salt)
        : scrubSecrets(cut(text))
    case 'redact':
      return '[redacted]'
    case 'numbers':
    case 'fields':
      return reduceText(text, field)
  }
}

/** The limit first: patterns must not be run over megabytes. */
function cutErrorText(text: string): string {
  return cut(scrubErrorText(cut(text)))
}

function cut(text: string): string {
  return text.length > VALUE_CHARS_MAX ? text.slice(0, VALUE_CHARS_MAX) : text
}

/** An object as JSON text with what may stay of it, whatever notation it came in. */
function reduceText(text: string, field: Field): AttributeValue {
  if (text.length > VALUE_CHARS_MAX) return shapeJson(text, field)
  const parsed = parseLiteral(text)
  if (typeof parsed === 'number' || typeof parsed === 'boolean') return text
  if (!(parsed instanceof Map)) return shapeJson(text, field)
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

function shapeJson(value: AttributeValue, field: Field): string {
  const side: ContentSide = field.treatment.kind === 'shape' ? field.treatment.side : 'unknown'
  return JSON.stringify(shapeOf(value, { side, salt: field.options.salt }))
}

/** Bytes are opaque: only how many there were can be told. */
function shapeText(length: number): string {
  return JSON.stringify({
    secondwindShape: 1,
    roles: [],
    messages: 0,
    lastRole: '',
    prefill: false,
    lengths: [length],
  })
}

function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
