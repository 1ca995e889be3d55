import { rootCause } from '../story/eligible.ts'
import { causeOf, describeError, describeTarget, mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #19077: the mid-stream path was told `disable_fallbacks=False`, whatever was asked. */
export const optOutIgnored: Rule = {
  id: 'opt-out-ignored',
  severity: 'medium',
  title: 'Fallback tried though switched off for this request',
  description:
    'The request said that no fallback may serve it, and another route was asked all the same.',
  opensWhenRescued: true,
  needs: ['attempt-failure', 'fallbacks-disabled'],
  remedy: {
    stopItNow: {
      text: 'Give the clients that switch fallbacks off a route of their own that has none, and find out why they did: their data may have gone to a provider that it must not go to.',
      snippet: {
        language: 'yaml',
        code: 'router_settings:\n  fallbacks: [{ "<another route>": ["<its fallback>"] }] # as it was, without the entry of {route}',
      },
    },
    fixIt: {
      text: 'LiteLLM: 1.109.1 honours `disable_fallbacks` on every path; up to 1.95 it is ignored once a stream has begun, in 1.97 before content. The sidecar honours it on every path: if it fires this rule, that is a defect of ours.',
    },
    verify: verifyStep('opt-out-ignored'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.96',
      text: '`disable_fallbacks: true` is ignored once the response has begun. No span says so: LiteLLM does not export the switch.',
    },
    {
      gateway: 'litellm',
      from: '1.97',
      to: '1.108',
      text: '`disable_fallbacks: true` is honoured after content, still ignored before it.',
    },
    { gateway: 'litellm', from: '1.109', text: '`disable_fallbacks: true` is honoured.' },
  ],
  evaluate(story) {
    const { disabled } = story.fallbacks
    if (disabled?.value !== true) return undefined
    const asked = story.attempts.find((attempt) => attempt.kind === 'fallback')
    if (asked === undefined) return undefined
    const cause = rootCause(story)
    const isTold = disabled.source === 'span' && story.sureness === 'certain'
    return {
      confidence: isTold ? 'certain' : 'likely',
      summary: `${cause === undefined ? '' : `${describeTarget(cause)}: ${describeError(cause)}. `}The request had switched fallbacks off, and ${describeTarget(asked)} was asked all the same.`,
      evidence: mergeEvidence(
        disabled.evidence === undefined ? [] : [disabled.evidence],
        asked.evidence,
        cause?.evidence ?? [],
      ),
      cause: cause === undefined ? 'opt-out ignored' : causeOf(cause),
    }
  },
}
