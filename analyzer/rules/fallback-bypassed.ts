import { rootCause } from '../story/eligible.ts'
import type { Story } from '../story/story.ts'
import { findBypass } from './bypass.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * LiteLLM #40404, #22296, #35578, #25843. The Responses API has a rule of its own, in the same
 * family.
 */
export const fallbackBypassed: Rule = {
  id: 'fallback-bypassed',
  severity: 'high',
  title: 'Fallback skipped',
  description:
    'A request failed in a way that its configured fallback is there for, and no other target was asked: after content, on a time-out, a rate limit or a stall, or because the stream path lost the configuration.',
  opensWhenRescued: false,
  needs: ['outcome', 'attempt-failure', 'every-attempt', 'fallbacks-configured'],
  remedy: {
    stopItNow: {
      text: 'Send the clients of {route} to {fallback} by hand while its first target is failing: swap the two in `model_list` and restart, or change the `model` that the clients ask for.',
    },
    fixIt: {
      text: 'LiteLLM from 1.97 on never falls back once content was streamed, and 1.109 not on time-outs either: put the sidecar behind it (`api_base` of the deployment), which finishes the stream on the next target, or set `enable_mid_stream_fallback_continuation: true` where {fallback} accepts prefill. Sidecar: where it stopped after content, see `secondwind.continuation` of {route}.',
    },
    verify: verifyStep('fallback-bypassed'),
  },
  evaluate: (story) => (isOfThisClass(story) ? findBypass(story) : undefined),
}

/**
 * Before 1.109 LiteLLM's Router names no API on an attempt that failed. After content none of its
 * paths asked a fallback in 1.97, and the others are told by elimination.
 */
function isOfThisClass(story: Story): boolean {
  if (story.api !== 'unknown') return story.api !== 'responses'
  return story.gateway.name === 'litellm' && rootCause(story)?.phase === 'mid_stream'
}
