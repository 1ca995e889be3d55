import { rootCause } from '../story/eligible.ts'
import {
  causeOf,
  describeError,
  describeNext,
  describePhase,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * Invariant I3, broken: the rescue was passed on with a start of its own. OpenAI's SDK raises
 * `RuntimeError: Lifecycle response identity changed.`, Anthropic's `Unexpected event order`, and
 * the answer is lost although all of it is there.
 */
export const rescueBrokeClient: Rule = {
  id: 'rescue-broke-client',
  severity: 'high',
  title: "Rescued stream breaks the client's SDK",
  description:
    'Another target went on, and its own beginning was passed on into the stream: a second envelope, which official SDKs raise on.',
  opensWhenRescued: true,
  needs: ['attempt-failure', 'client-envelopes'],
  remedy: {
    stopItNow: {
      text: 'Have the clients of {route} read the raw events and ignore a second `response.created`, or ask without streaming, or use /v1/chat/completions until this is mended.',
    },
    fixIt: {
      text: 'LiteLLM: no release repairs it after output; 1.109.1 no longer does it before output, so an upgrade from 1.95 to 1.108 helps with that part. Going from 1.90 to 1.95 brings it to native deployments. Put the sidecar behind LiteLLM (`api_base` of the deployment): it splices into one response.',
    },
    verify: verifyStep('rescue-broke-client'),
  },
  releases: [
    {
      gateway: 'litellm',
      from: '1.90',
      to: '1.90',
      text: 'Responses, bridged deployments: a rescue after output sends a second `response.created`.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      to: '1.108',
      text: 'Responses, native deployments: an error event is rescued with a second `response.created`, before output as well as after it.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Responses, all deployments: a rescue after output sends a second `response.created`; before output it no longer does.',
    },
  ],
  evaluate(story) {
    const { envelopes } = story.client
    const cause = rootCause(story)
    if (envelopes === undefined || envelopes.value < 2 || cause === undefined) return undefined
    const next = story.attempts.find((attempt) => attempt.number > cause.number)
    if (next === undefined) return undefined
    const isTold = envelopes.source === 'span' && story.sureness === 'certain'
    return {
      confidence: isTold ? 'certain' : 'likely',
      summary: `${describeTarget(cause)} failed ${describePhase(cause)}: ${describeError(cause)}. Then ${describeNext(next, cause)} went on, and the answer ${isTold ? 'began' : 'begins, with this release,'} a second time in the same stream: official SDKs raise on it.`,
      evidence: mergeEvidence(
        envelopes.evidence === undefined ? [] : [envelopes.evidence],
        cause.evidence,
        next.evidence,
      ),
      cause: causeOf(cause),
    }
  },
}
