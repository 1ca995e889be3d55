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
      snippet: {
        language: 'yaml',
        code: [
          'model_list: # instead of the deployment that fails',
          '  - model_name: {route}',
          '    litellm_params: { model: <provider>/<model> } # those of {fallback}',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'LiteLLM from 1.97 on never falls back once content was streamed, and 1.109 not on time-outs of `openai/` targets either: put the sidecar behind it (`api_base` of the deployment), which finishes the stream on the next target, or set `enable_mid_stream_fallback_continuation: true` where {fallback} accepts prefill. Sidecar: where it stopped after content, see `secondwind.continuation` of {route}.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings: # LiteLLM 1.109',
          '  enable_mid_stream_fallback_continuation: true',
          'model_list:',
          '  - model_name: {fallback}',
          '    model_info: { supports_assistant_prefill: true } # only where its model accepts it',
        ].join('\n'),
      },
    },
    verify: verifyStep('fallback-bypassed'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.83',
      text: 'A stall is handed to no fallback, before content or after; a cut connection is not noticed at all.',
    },
    {
      gateway: 'litellm',
      from: '1.90',
      to: '1.96',
      text: 'Chat asks the fallback about every break that it notices (1.90 notices no cut connection); /v1/messages about none after headers.',
    },
    {
      gateway: 'litellm',
      from: '1.97',
      to: '1.97',
      text: 'Chat asks nobody once content was streamed: an upgrade from 1.95 ends the rescues after content. /v1/messages as before.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'As 1.97 after content, and a time-out (408) of an `openai/` target is handed to nobody, not even before content: an upgrade takes that rescue away. /v1/messages now falls back before content.',
    },
  ],
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
