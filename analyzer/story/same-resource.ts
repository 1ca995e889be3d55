import type { Attributes, AttributeValue } from './span.ts'

/** The same process, as far as its resource tells (`service.instance.id` since OTel 1.45). */
export function sameResource(left: Attributes, right: Attributes): boolean {
  if (left === right) return true
  if (left.size !== right.size) return false
  for (const [key, value] of left) if (!sameValue(value, right.get(key))) return false
  return true
}

function sameValue(left: AttributeValue, right: AttributeValue | undefined): boolean {
  if (typeof left !== 'object' || left === null) return left === right
  return JSON.stringify(left, plain) === JSON.stringify(right, plain)
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
