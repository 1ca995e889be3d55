import type { Attempt, Story } from '../story/story.ts'
import { describeTarget, mergeEvidence } from './describe.ts'
import { isErrorWord, isInBandError, isProvidersWord } from './in-band-error.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * LiteLLM #25492, #24004: HTTP 200 proves nothing, and who reads no further hands the error on as
 * an answer. Most such spans look healthy to the last attribute; those are left alone.
 */
export const errorInSuccess: Rule = {
  id: 'error-in-success',
  severity: 'high',
  title: 'Error inside HTTP 200 ignored',
  description:
    'The provider reported an error inside an answer with status 200, and it was passed off as a success.',
  opensWhenRescued: true,
  needs: ['attempt-failure', 'client-error'],
  remedy: {
    stopItNow: {
      text: 'Treat the answers of {route} that end with an error word as failed, in the client: raise on `finish_reason: "error"`, on an `error` field in a chunk and on `event: error`.',
      snippet: {
        language: 'python',
        code: [
          'for chunk in stream:',
          '    if getattr(chunk, "error", None):',
          '        raise RuntimeError(chunk.error)',
          '    if chunk.choices and chunk.choices[0].finish_reason == "error":',
          '        raise RuntimeError("the provider failed inside HTTP 200")',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'LiteLLM: 1.83 and later raise an in-band error on chat with `openai/`; on /v1/messages only 1.109 does, and only before content. Upgrade, or put the sidecar behind it (`api_base` of the deployment): it reads every event, and an error inside 200 is a failure there, with a fallback.',
    },
    verify: verifyStep('error-in-success'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.97',
      text: '/v1/messages passes `event: error` through and logs a success: its spans look like those of a whole answer.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: '/v1/messages asks a fallback about `event: error` before content; after content it still passes it through and logs a success.',
    },
  ],
  evaluate(story) {
    const attempt = story.attempts.find((one) => isPassedOff(one, story))
    if (attempt === undefined) return undefined
    const word = attempt.finishReasons?.find(isErrorWord)
    return {
      // Whoever called may have noticed by itself.
      confidence: story.client.errorShown === 'unknown' ? 'likely' : story.sureness,
      summary: `${describeTarget(attempt)} answered with an error inside HTTP 200${word === undefined ? '' : ` (it ended with \`${word}\`)`}, and that was passed off as a success.`,
      evidence: mergeEvidence(attempt.evidence, story.client.evidence),
      cause: word === undefined ? 'error event' : 'error as finish reason',
    }
  },
}

/**
 * Either the attempt itself counts as served, or the request failed and its client was told that
 * all went well. Where nobody knows what the client was told, the sender's own word for the attempt
 * is what is left: it names no error.
 */
function isPassedOff(attempt: Attempt, { client, outcome, stream }: Story): boolean {
  if (!isInBandError(attempt)) return false
  if (attempt.status === 'ok') return true
  if (attempt.status !== 'failed' || outcome !== 'failed') return false
  if (client.errorShown !== 'unknown') return !client.errorShown
  if (attempt.errorType !== undefined || attempt.reason !== undefined) return false
  // A library writes `error` for a stream that was cut, too, and may not say that it was one.
  return stream === false || attempt.finishReasons?.some(isProvidersWord) === true
}
