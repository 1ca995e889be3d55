import { rootCause } from '../story/eligible.ts'
import type { Story } from '../story/story.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import { leftMoreUnasked } from './left-unasked.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** The fallback did what it is there for, and failed too. */
export const fallbackExhausted: Rule = {
  id: 'fallback-exhausted',
  severity: 'high',
  title: 'Every target failed',
  description: 'The first target failed, a fallback was asked, and no target gave a whole answer.',
  opensWhenRescued: false,
  needs: ['outcome', 'attempt-failure'],
  remedy: {
    stopItNow: {
      text: 'Add a target of another provider to the fallbacks of {route} (`router_settings.fallbacks` in LiteLLM and in the sidecar) and restart; one that shares endpoint, region or key with {fallback} will fail with it.',
    },
    fixIt: {
      text: 'Look at the attempts: the same error on all of them is a shared cause (provider, key, region, or the request itself), different ones are an outage during an outage. Order the fallbacks of {route} so that the next one shares nothing with the first.',
    },
    verify: verifyStep('fallback-exhausted'),
  },
  evaluate(story) {
    const cause = rootCause(story)
    if (story.outcome !== 'failed' || story.fallbacks.tried !== true || cause === undefined) {
      return undefined
    }
    if (leftMoreUnasked(story)) return undefined
    const failed = story.attempts.filter((attempt) => attempt.status === 'failed')
    const last = failed.at(-1) ?? cause
    return {
      confidence: story.sureness,
      summary: `${failed.map((attempt) => `${describeTarget(attempt)}: ${describeError(attempt)}`).join('; then ')}. ${sentence(story)}`,
      evidence: mergeEvidence(...failed.map((attempt) => attempt.evidence), story.client.evidence),
      cause: last === cause ? causeOf(cause) : `${causeOf(cause)}, then ${causeOf(last)}`,
    }
  },
}

function sentence(story: Story): string {
  const words = describeClient(story)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
