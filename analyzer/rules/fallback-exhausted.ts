import { rootCause } from '../story/eligible.ts'
import type { Story } from '../story/story.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import { isReasonLost, leftMoreUnasked } from './left-unasked.ts'
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
      text: 'Add a target of another provider to the fallbacks of {route} (`router_settings.fallbacks` in LiteLLM and in the sidecar, and a restart; in LiteLLM with a database, this call); one that shares endpoint, region or key with {fallback} will fail with it.',
      snippet: {
        language: 'sh',
        code: [
          'curl -X POST "$LITELLM/fallback" -H "Authorization: Bearer $MASTER_KEY" \\',
          "  -H 'Content-Type: application/json' \\",
          '  -d "$(jq -n --arg route {route} --arg next {fallback} \\',
          '    \'{model: $route, fallback_models: [$next, "<something else>"]}\')"',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'Look at the attempts: the same error on all of them is a shared cause (provider, key, region, or the request itself), different ones are an outage during an outage. Order the fallbacks of {route} so that the next one shares nothing with the first.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  fallbacks: [{ {route}: ["<another provider>", {fallback}] }]',
        ].join('\n'),
      },
    },
    verify: verifyStep('fallback-exhausted'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: '`num_retries: 1` on a deployment costs four upstream calls, and the client reads both errors with the whole table of fallbacks.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      text: 'After headers the client reads the first target’s error alone; the fallback’s own is in the log. v1 exports one failed attempt before headers, however many there were.',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    if (story.outcome !== 'failed' || story.fallbacks.tried !== true || cause === undefined) {
      return undefined
    }
    if (leftMoreUnasked(story) || isReasonLost(story)) return undefined
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
