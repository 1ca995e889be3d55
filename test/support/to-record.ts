import { createHash } from 'node:crypto'

import type { ContextRecord, SpanRecord } from '../../analyzer/store/span-record.ts'
import type { Attributes, Span } from '../../analyzer/story/span.ts'
import { encodeContext, encodeSpan } from './encode-span.ts'

/** Spans that share a resource share its `Map`; a scope is told by what it says. */
const contexts = new WeakMap<Attributes, Map<string, ContextRecord>>()

/** A span that was decoded and stripped, as the store takes it. */
export function toRecord(span: Span): SpanRecord {
  return {
    bytes: encodeSpan(span),
    context: toContext(span),
    startUs: Number(span.startTimeNs / 1000n),
    endUs: Number(span.endTimeNs / 1000n),
    isError: span.status.code === 'error',
  }
}

function toContext(span: Span): ContextRecord {
  const scopes = contexts.get(span.resource) ?? new Map<string, ContextRecord>()
  contexts.set(span.resource, scopes)
  const scope = JSON.stringify([span.scope.name, span.scope.version])
  const known = scopes.get(scope)
  if (known !== undefined) return known
  const bytes = encodeContext(span)
  const hash = createHash('sha256').update(bytes).digest('hex')
  const context = { bytes, hash, resource: span.resource }
  scopes.set(scope, context)
  return context
}
