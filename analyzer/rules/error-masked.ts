import { rootCause } from '../story/eligible.ts'
import { causeOf, describeError, describeTarget, mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** Invariant I2, broken: the error that was shown is not the error that happened. */
export const errorMasked: Rule = {
  id: 'error-masked',
  severity: 'high',
  title: 'The client was shown another error',
  description:
    'The error that the client read is not the root cause: it is a later attempt’s, or the gateway’s own, and whoever debugs the client looks in the wrong place.',
  opensWhenRescued: false,
  needs: ['attempt-failure', 'client-error'],
  remedy: {
    stopItNow: {
      text: 'Tell those who debug the clients of {route} what really failed (the left column): the error that they read is not it.',
    },
    fixIt: {
      text: 'LiteLLM with `disable_aiohttp_transport: true` loses the text of time-outs and cuts: remove that setting, and upgrade to 1.109, for up to 1.93 the default transport passes a cut connection off as a whole answer. The sidecar shows the root cause with the later failures attached.',
      snippet: {
        language: 'yaml',
        code: [
          'litellm_settings:',
          '  disable_aiohttp_transport: false # needed for nothing from 1.95 on',
        ].join('\n'),
      },
    },
    verify: verifyStep('error-masked'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: 'With `disable_aiohttp_transport: true` the text of a time-out or a cut is empty, and the refusal of the fallback is all that is left to read.',
    },
    {
      gateway: 'litellm',
      from: '1.90',
      to: '1.90',
      text: 'Bridged `aresponses` in process raises an `AttributeError` of its own; the real error is in `__context__`.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      to: '1.97',
      text: 'With that setting the Router’s error has an empty text; the proxy shows the first target’s.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'The first target’s error is shown, in every case that was run.',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    const shown = story.client.errorAttempt
    if (story.outcome !== 'failed' || cause === undefined) return undefined
    if (shown === undefined || shown === cause.number) return undefined
    const other = story.attempts.find((attempt) => attempt.number === shown)
    // Whose span was lost may have failed first: then the client was shown the root cause.
    if (other === undefined && shown !== 0) return undefined
    const what =
      other === undefined
        ? 'an error of the gateway’s own'
        : `the error of ${describeTarget(other)}, ${describeError(other)}`
    return {
      confidence: story.sureness,
      summary: `${describeTarget(cause)} failed: ${describeError(cause)}. The client was shown ${what}.`,
      evidence: mergeEvidence(cause.evidence, other?.evidence ?? [], story.client.evidence),
      cause: `${causeOf(cause)}, shown ${other?.reason ?? 'gateway error'}`,
    }
  },
}
