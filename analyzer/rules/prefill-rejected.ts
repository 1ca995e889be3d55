import type { Attempt, Story } from '../story/story.ts'
import { rootCause } from '../story/eligible.ts'
import { continuationOf } from './delivered.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * LiteLLM #27967: the continuation of a cut answer ends with an assistant turn, which is refused.
 */
export const prefillRejected: Rule = {
  id: 'prefill-rejected',
  severity: 'high',
  title: 'Fallback refused the assistant prefill',
  description:
    'The fallback was asked to go on from the partial answer by a request that ended with an assistant turn, and its model does not accept that (HTTP 400).',
  opensWhenRescued: false,
  needs: ['attempt-failure'],
  remedy: {
    stopItNow: {
      text: 'Give {route} another fallback than {fallback}, one whose model accepts an assistant turn at the end, or one of a provider that does; LiteLLM: edit `router_settings.fallbacks` and restart. Sidecar: remove the forced `strategy: prefill` of {route}.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  fallbacks: [{ {route}: ["<a route whose model accepts prefill>", {fallback}] }]',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'LiteLLM 1.74 to 1.96 continues every broken chat stream this way: upgrade to 1.97 or later. Where 1.109 has `enable_mid_stream_fallback_continuation` switched on, switch it off, or declare `model_info.supports_assistant_prefill: false` for {fallback}. Or put the sidecar behind LiteLLM (`api_base`): with `strategy: auto` it asks such models by a user turn.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  enable_mid_stream_fallback_continuation: false',
          'model_list:',
          '  - model_name: {fallback}',
          '    model_info: { supports_assistant_prefill: false }',
        ].join('\n'),
      },
    },
    verify: verifyStep('prefill-rejected'),
  },
  releases: [
    {
      gateway: 'litellm',
      from: '1.74',
      to: '1.90',
      text: 'Chat goes on from a stream that broke by an error event (1.90: by a stall, too) with a trailing assistant turn. A cut connection is swallowed by the default transport and never gets there.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      to: '1.96',
      text: 'Cut connections get there as well: the release that shows it most. Native /v1/responses begins to do the same.',
    },
    {
      gateway: 'litellm',
      from: '1.97',
      to: '1.97',
      text: 'Chat continues nothing, so nothing is refused, and nothing is rescued after content; native /v1/responses is still refused.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Only where `enable_mid_stream_fallback_continuation` is set and the target passes the gate, and on bridged /v1/responses for model names that LiteLLM does not know.',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    // The first target refused what the client itself had sent: nobody continued anything.
    if (cause === undefined || cause.reason === 'prefill-rejected') return undefined
    const rejected = story.attempts.find((attempt) => isRefusedContinuation(story, attempt))
    if (rejected === undefined) return undefined
    return {
      confidence: story.sureness,
      summary: summarise(story, cause, rejected),
      evidence: mergeEvidence(
        rejected.evidence,
        cause.evidence,
        ...story.continuations.map((continuation) => continuation.evidence),
      ),
      cause: `${causeOf(cause)}, then prefill-rejected`,
    }
  },
}

/** Asked the same as the first target, it refused the client's own last turn: it is unfit. */
function isRefusedContinuation(story: Story, attempt: Attempt): boolean {
  if (attempt.status !== 'failed' || attempt.reason !== 'prefill-rejected') return false
  const strategy = continuationOf(story, attempt)?.strategy
  // Of LiteLLM and the sidecar it is known that they continue; of another sender it must be told.
  return story.gateway.name === 'other' ? strategy === 'prefill' : strategy !== 'restart'
}

function summarise(story: Story, cause: Attempt, rejected: Attempt): string {
  return `${describeTarget(cause)}: ${describeError(cause)}. ${describeTarget(rejected)} refused to go on from an assistant turn; ${describeClient(story)}.`
}
