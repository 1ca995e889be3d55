import * as v from '../../../../collector/vocabulary.ts'
import { flag, member, numeric, text, textList } from '../../attributes.ts'
import { defined } from '../../defined.ts'
import { evidenceOf } from '../../evidence-of.ts'
import type { Span } from '../../span.ts'
import type { Evidence, Fact, Fallbacks, SkippedTarget, StoryContinuation } from '../../story.ts'
import type { Attempts } from './attempts.ts'
import { readPayload } from './measures.ts'
import type { RequestSpans } from './spans.ts'

const CONTINUATION_KEYS = [
  v.ATTR_FALLBACK_STRATEGY,
  v.ATTR_FALLBACK_WHY,
  v.ATTR_FALLBACK_FORCED,
  v.ATTR_PAYLOAD_LAST_ROLE,
  v.ATTR_PAYLOAD_PREFILL,
  v.ATTR_PAYLOAD_TOOLS,
  v.ATTR_PAYLOAD_TOOL_CHOICE,
  v.ATTR_SEAM_VERIFIED,
  v.ATTR_SEAM_ALIGNED,
]

export function readFallbacks(spans: RequestSpans, attempts: Attempts): Fallbacks {
  return {
    tried: wasTried(spans, attempts),
    ...(spans.request === undefined ? {} : readFacts(spans)),
  }
}

function readFacts({ request, fallbacks }: RequestSpans): Partial<Fallbacks> {
  if (request === undefined) return {}
  const { attributes } = request
  return defined({
    configured: fact(
      textList(attributes, v.ATTR_FALLBACKS_CONFIGURED),
      evidenceOf(request, [v.ATTR_FALLBACKS_CONFIGURED]),
    ),
    disabled: fact(
      flag(attributes, v.ATTR_FALLBACKS_DISABLED),
      evidenceOf(request, [v.ATTR_FALLBACKS_DISABLED]),
    ),
    notTried:
      fact(
        member(attributes, v.ATTR_FALLBACKS_NOT_TRIED, v.NOT_TRIED_REASONS),
        evidenceOf(request, [v.ATTR_FALLBACKS_NOT_TRIED]),
      ) ?? stopDecision(fallbacks),
    skipped: fact(
      textList(attributes, v.ATTR_TARGETS_SKIPPED)?.map(toSkipped),
      evidenceOf(request, [v.ATTR_TARGETS_SKIPPED]),
    ),
  })
}

/** `<deployment>=<why>`; the name is the operator's, and may hold the same sign. */
function toSkipped(entry: string): SkippedTarget {
  const sign = entry.lastIndexOf('=')
  const why = v.SKIP_REASONS.find((reason) => reason === entry.slice(sign + 1))
  if (sign < 0 || why === undefined) return { deployment: entry }
  return { deployment: entry.slice(0, sign), why }
}

/** A `stop` stands alone in its own span, so it tells why even where the request span does not. */
function stopDecision(fallbacks: readonly Span[]): Fact<v.NotTriedReason> | undefined {
  const stop = fallbacks.find(({ attributes }) => strategyOf(attributes) === 'stop')
  if (stop === undefined) return undefined
  return fact('stopped_after_content', evidenceOf(stop, [v.ATTR_FALLBACK_STRATEGY]))
}

/** A decision that led to another route proves it, even where the attempt's span was lost. */
function wasTried({ fallbacks }: RequestSpans, attempts: Attempts): Fallbacks['tried'] {
  if (attempts.list.some(({ kind }) => kind === 'fallback')) return true
  if (fallbacks.some(({ attributes }) => leadsToAnotherRoute(attributes))) return true
  const told = attempts.complete && attempts.list.every(({ kind }) => kind !== 'unknown')
  return told ? false : 'unknown'
}

function leadsToAnotherRoute(attributes: Span['attributes']): boolean {
  const to = text(attributes, v.ATTR_FALLBACK_TO_ROUTE)
  return (
    to !== undefined &&
    to !== text(attributes, v.ATTR_FALLBACK_FROM_ROUTE) &&
    numeric(attributes, v.ATTR_ATTEMPT_NUMBER) !== undefined
  )
}

/** How each further target was asked; a `stop` asks none. */
export function readContinuations({ fallbacks }: RequestSpans): readonly StoryContinuation[] {
  return fallbacks.flatMap((span) => {
    const { attributes } = span
    const attempt = numeric(attributes, v.ATTR_ATTEMPT_NUMBER)
    if (attempt === undefined) return []
    return [
      {
        attempt,
        strategy: strategyOf(attributes) ?? 'unknown',
        evidence: evidenceOf(span, CONTINUATION_KEYS),
        ...defined({
          lastRole: text(attributes, v.ATTR_PAYLOAD_LAST_ROLE),
          prefill: flag(attributes, v.ATTR_PAYLOAD_PREFILL),
          verified: flag(attributes, v.ATTR_SEAM_VERIFIED),
          aligned: flag(attributes, v.ATTR_SEAM_ALIGNED),
          forced: flag(attributes, v.ATTR_FALLBACK_FORCED),
          why: member(attributes, v.ATTR_FALLBACK_WHY, v.STRATEGY_CAUSES),
          shape: readPayload(span),
        }),
      },
    ]
  })
}

function strategyOf(attributes: Span['attributes']): v.Strategy | undefined {
  return member(attributes, v.ATTR_FALLBACK_STRATEGY, v.STRATEGIES)
}

function fact<T>(value: T | undefined, evidence: readonly Evidence[]): Fact<T> | undefined {
  const [first] = evidence
  if (value === undefined) return undefined
  return first === undefined
    ? { value, source: 'span' }
    : { value, source: 'span', evidence: first }
}
