import { text } from '../../attributes.ts'
import type { Attributes, AttributeValue, Span } from '../../span.ts'
import type { Evidence } from '../../story.ts'

/** A value of a closed list of the vocabulary; what is not in the list tells nothing. */
export function member<T extends string>(
  attributes: Attributes,
  key: string,
  list: readonly T[],
): T | undefined {
  const value = text(attributes, key)
  return list.find((item) => item === value)
}

/** Those of `keys` that the span has, as they are shown to a reader. */
export function evidenceOf(span: Span, keys: readonly string[]): readonly Evidence[] {
  return keys.flatMap((key) => {
    const value = span.attributes.get(key)
    return value === undefined ? [] : [{ spanId: span.spanId, key, value: toText(value) }]
  })
}

/** Leaves absent keys out: under `exactOptionalPropertyTypes` absent and undefined differ. */
export function defined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined)
  // The entries are those of `values` without the undefined ones, which the type says.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** Characters of an evidence value: enough to recognise it by, the span has the rest. */
const VALUE_CHARS_MAX = 512

function toText(value: AttributeValue): string {
  if (typeof value === 'string') return value.slice(0, VALUE_CHARS_MAX)
  if (Array.isArray(value)) return value.map(toText).join(', ').slice(0, VALUE_CHARS_MAX)
  if (typeof value === 'object') return '…'
  return String(value)
}
