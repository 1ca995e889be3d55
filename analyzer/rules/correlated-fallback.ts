import type { FailureReason } from '../../collector/vocabulary.ts'
import { mayFallBack, rootCause } from '../story/eligible.ts'
import type { Attempt, Confidence, Story } from '../story/story.ts'
import { causeOf, describeError, describeTarget, mergeEvidence } from './describe.ts'
import { failedAfter } from './other-target.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** A fallback beside the primary falls with it: so it was in the report of LiteLLM #27967. */
export const correlatedFallback: Rule = {
  id: 'correlated-fallback',
  severity: 'info',
  title: 'Fallback shares what failed',
  description:
    'The fallback failed as well, and shares with the first target what that failure was about: its endpoint, its provider or its key.',
  opensWhenRescued: false,
  needs: ['outcome', 'attempt-failure', 'attempt-target'],
  remedy: {
    stopItNow: {
      text: 'Send {route} to a target of another provider while this one is failing: the fallback that it has goes down with it.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  fallbacks: [{ {route}: ["<route at another provider>", {fallback}] }]',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'Order the fallbacks of {route} so that the next one shares nothing with the first: another provider, or another region with another key. A second key of one account shares its quota.',
    },
    verify: verifyStep('correlated-fallback'),
  },
  evaluate(story) {
    const cause = rootCause(story)
    if (story.outcome !== 'failed' || cause === undefined || !mayFallBack(cause)) return undefined
    for (const attempt of failedAfter(story, cause)) {
      const shared = sharedWith(cause, attempt, TELLS_ALL.has(story.dialect))
      if (shared === undefined) continue
      return {
        confidence: story.sureness === 'certain' ? shared.confidence : 'likely',
        summary: `${describeTarget(cause)} failed: ${describeError(cause)}. ${describeTarget(attempt)} has the same ${shared.what}, and failed too: ${describeError(attempt)}.`,
        evidence: mergeEvidence(cause.evidence, attempt.evidence),
        cause: `${causeOf(cause)}, same ${shared.what}`,
      }
    }
    return undefined
  },
}

interface Shared {
  readonly what: 'endpoint' | 'provider' | 'key'
  readonly confidence: Confidence
}

/** What a key or its account is refused for. */
const OF_THE_KEY: ReadonlySet<FailureReason> = new Set(['auth', 'quota-exhausted', 'rate-limited'])

/** About the request or the model, whoever is asked and wherever. */
const OF_NEITHER: ReadonlySet<FailureReason> = new Set(['context-too-long', 'not-found'])

/** They write endpoint and key on every attempt: where one is missing, it was lost. */
const TELLS_ALL: ReadonlySet<Story['dialect']> = new Set(['secondwind', 'litellm-v2'])

function sharedWith(cause: Attempt, other: Attempt, tellsAll: boolean): Shared | undefined {
  const { reason } = cause
  if (reason === undefined || OF_NEITHER.has(reason)) return undefined
  if (OF_THE_KEY.has(reason) && cause.keyHash !== undefined && other.keyHash !== undefined) {
    return cause.keyHash === other.keyHash ? { what: 'key', confidence: 'certain' } : undefined
  }
  if (tellsAll && OF_THE_KEY.has(reason) && cause.keyHash === undefined) return undefined
  if (cause.endpoint !== undefined || other.endpoint !== undefined) {
    if (cause.endpoint !== other.endpoint) return undefined
    // A limit of one key is not one of the other; and a label may have come from a config file.
    const isCertain = cause.keyHash !== undefined && !OF_THE_KEY.has(reason)
    return { what: 'endpoint', confidence: isCertain ? 'certain' : 'likely' }
  }
  // A prefix like `openai` stands for whoever speaks that protocol: the place may be another.
  if (tellsAll || cause.deployment === undefined || other.deployment === undefined) return undefined
  const isShared = cause.provider !== undefined && cause.provider === other.provider
  return isShared ? { what: 'provider', confidence: 'likely' } : undefined
}
