import type { AttributeValue, Span } from './span.ts'
import type { Evidence } from './story.ts'

/** Those of `keys` that the span has, as they are shown to a reader. */
export function evidenceOf(span: Span, keys: readonly string[]): readonly Evidence[] {
  const { attributes, spanId } = span
  const evidence: Evidence[] = []
  for (const key of keys) {
    const value = attributes.get(key)
    if (value !== undefined) evidence.push({ spanId, key, value: toText(value) })
  }
  return evidence
}

/** Characters of an evidence value: enough to recognise it by, the span has the rest. */
const VALUE_CHARS_MAX = 512

function toText(value: AttributeValue): string {
  if (typeof value === 'string') return value.slice(0, VALUE_CHARS_MAX)
  if (Array.isArray(value)) return value.map(toText).join(', ').slice(0, VALUE_CHARS_MAX)
  if (typeof value === 'object') return '…'
  return String(value)
}
