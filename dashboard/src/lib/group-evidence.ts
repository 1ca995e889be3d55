import type { WireFinding, WireRequest } from '../../../analyzer/api/wire.ts'
import { describeTarget } from './root-cause.ts'

export interface EvidenceGroup {
  readonly spanId: string
  /** Which part of the request the span tells of. */
  readonly label: string
  readonly facts: readonly { readonly key: string; readonly value: string }[]
}

/** The values that decided, under the span that they were read from; each once. */
export function groupEvidence(
  request: WireRequest,
  evidence: WireFinding['evidence'],
): readonly EvidenceGroup[] {
  const bySpan = new Map<string, Map<string, { readonly key: string; readonly value: string }>>()
  for (const { spanId, key, value } of evidence) {
    const facts = bySpan.get(spanId) ?? new Map<string, { key: string; value: string }>()
    facts.set(JSON.stringify([key, value]), { key, value })
    bySpan.set(spanId, facts)
  }
  return [...bySpan].map(([spanId, facts]) => ({
    spanId,
    label: labelSpan(request, spanId),
    facts: [...facts.values()],
  }))
}

function labelSpan(request: WireRequest, spanId: string): string {
  if (spanId === '') return 'No span of its own'
  const attempt = request.attempts.find((one) => one.spanId === spanId)
  if (attempt !== undefined) return `Attempt ${attempt.number}: ${describeTarget(attempt)}`
  return spanId === request.requestSpanId ? 'The request' : `Span ${spanId}`
}
