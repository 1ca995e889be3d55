import { rootCause } from '../story/eligible.ts'
import { causeOf, describeError, describeTarget, mergeEvidence } from './describe.ts'
import { isInBandError } from './in-band-error.ts'
import type { Rule } from './rule.ts'
import { SIDECAR_BEHIND_LITELLM } from './sidecar-behind-litellm.ts'
import { verifyStep } from './verify-step.ts'

/** Invariant I1, broken: a stream ended without its terminal, and nobody told the client. */
export const streamTruncated: Rule = {
  id: 'stream-truncated',
  severity: 'high',
  title: 'Cut stream passed off as complete',
  description:
    'The answer broke off before its end, and the client was given no error: it holds a part that looks whole.',
  opensWhenRescued: false,
  needs: ['attempt-failure', 'client-complete'],
  remedy: {
    stopItNow: {
      text: 'Treat short answers of {route} since the first of these as incomplete; a client can tell by a missing `finish_reason`, `message_stop` or `response.completed`, where the gateway did not make one up.',
    },
    fixIt: {
      text: 'LiteLLM: 1.94 no longer swallows a cut connection, 1.109 no longer a clean end without a terminal (chat and responses; /v1/messages still does). Upgrade, or put the sidecar behind LiteLLM (`api_base` of the deployment): it never passes a stream without its terminal.',
      snippet: SIDECAR_BEHIND_LITELLM,
    },
    verify: verifyStep('stream-truncated'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.93',
      text: 'The default transport swallows a cut connection: chat ends with a made-up `finish_reason: "stop"`. `disable_aiohttp_transport: true` makes it an error.',
    },
    {
      gateway: 'litellm',
      to: '1.97',
      text: 'A clean end without a terminal passes for a whole answer on chat, and just stops on /v1/responses and /v1/messages.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Chat and /v1/responses fail such a stream; /v1/messages still passes it on.',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    if (story.outcome !== 'failed' || cause === undefined) return undefined
    if (story.client.errorShown !== false || story.client.complete !== false) return undefined
    if (isInBandError(cause)) return undefined
    return {
      confidence: story.sureness,
      summary: `${describeTarget(cause)} failed: ${describeError(cause)}. The client was given a part of the answer and no error.`,
      evidence: mergeEvidence(cause.evidence, story.client.evidence),
      cause: causeOf(cause),
    }
  },
}
