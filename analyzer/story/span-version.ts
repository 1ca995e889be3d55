import type { Span } from './span.ts'

/**
 * Whether this version of a span takes the place of one that is known: a sender may export a span
 * again, and not always the same. The one that ended later is the truth; of two that ended together
 * neither is, and the choice must not depend on which came first (invariant I8).
 */
export function isLaterVersion(span: Span, known: Span): boolean {
  if (span === known) return false
  if (span.endTimeNs !== known.endTimeNs) return span.endTimeNs > known.endTimeNs
  return textOf(span) > textOf(known)
}

/** Equal where the spans say the same. */
function textOf(span: Span): string {
  return JSON.stringify(span, (_, value: unknown) => {
    if (value instanceof Map) return [...value]
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    if (typeof value === 'bigint') return `${value}n`
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  })
}
