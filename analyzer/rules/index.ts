import { aresponsesFallbackBypassed } from './aresponses-fallback-bypassed.ts'
import { errorMasked } from './error-masked.ts'
import { failureUnclassified } from './failure-unclassified.ts'
import { fallbackBypassed } from './fallback-bypassed.ts'
import { fallbackExhausted } from './fallback-exhausted.ts'
import { noFallbackConfigured } from './no-fallback-configured.ts'
import { prefillRejected } from './prefill-rejected.ts'
import type { Rule } from './rule.ts'
import { streamTruncated } from './stream-truncated.ts'

/** Registry of the incident classes, in order of priority: the first that fires is primary. */
export const RULES: readonly Rule[] = [
  prefillRejected,
  aresponsesFallbackBypassed,
  fallbackBypassed,
  fallbackExhausted,
  noFallbackConfigured,
  errorMasked,
  streamTruncated,
  failureUnclassified,
]

/** The rule with this id, if there is one. */
export function ruleById(id: string): Rule | undefined {
  return RULES.find((rule) => rule.id === id)
}
