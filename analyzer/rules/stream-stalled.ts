import type { Attempt, Story } from '../story/story.ts'
import {
  describeClient,
  describeError,
  describePhase,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import type { RuleOptions } from './rule-options.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #4050: a stream that falls silent holds its client until somebody gives up. */
export const streamStalled: Rule = {
  id: 'stream-stalled',
  severity: 'medium',
  title: 'Silence longer than the limit',
  description:
    'A stream that had begun fell silent for longer than is waited for; where the answer was completed all the same, this is a figure.',
  opensWhenRescued: false,
  needs: ['attempt-failure'],
  remedy: {
    stopItNow: {
      text: 'Shorten the wait of {route}, so that its clients are told sooner: `stream_timeout` is the longest silence between bytes, in LiteLLM and in the sidecar.',
      snippet: {
        language: 'yaml',
        code: [
          'model_list:',
          '  - model_name: {route}',
          '    litellm_params: { stream_timeout: 30 } # seconds of silence',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'LiteLLM: keep-alive comments defeat `stream_timeout` in every release, 1.90 and 1.97 ignore it on /v1/responses, and 1.109 asks no fallback about a time-out after content, nor about any of an `openai/` target. Put the sidecar behind it (`api_base` of the deployment): comments do not reset its limit on silence without content, and the next target finishes the answer.',
    },
    verify: verifyStep('stream-stalled'),
  },
  releases: [
    {
      gateway: 'litellm',
      text: 'Keep-alive comments reset `stream_timeout`: a stream that sends nothing else hangs until its client leaves, and no span tells of it.',
    },
    {
      gateway: 'litellm',
      from: '1.90',
      to: '1.97',
      text: '`stream_timeout` is ignored on /v1/responses: such a stream hangs, with no span.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'A time-out is mapped to 408. After content no fallback on chat is asked about it; of an `openai/` target none is asked before content, either.',
    },
  ],
  evaluate(story, options) {
    // Where nothing tells how a request ended, its attempts may be another one's.
    if (story.outcome === 'unknown') return undefined
    const stalled = story.attempts.find((attempt) => hasStalled(attempt, story, options))
    if (stalled === undefined) return undefined
    const isWhole = story.outcome === 'ok' || story.outcome === 'rescued'
    const isTold = stalled.phase !== 'unknown' || stalled.longestSilenceMs !== undefined
    return {
      confidence: isTold ? story.sureness : 'likely',
      ...(isWhole ? { severity: 'info' } : {}),
      summary: `${whatHappened(stalled)}; ${whatBecameOfIt(story)}.`,
      evidence: mergeEvidence(stalled.evidence, story.client.evidence),
      cause: stalled.status === 'failed' ? `silent ${stalled.phase}` : 'silent, then went on',
    }
  },
}

/** Before the headers there is no stream, and a request that was not to stream has none at all. */
function hasStalled(
  attempt: Attempt,
  { stream, gateway }: Story,
  { stallMs }: RuleOptions,
): boolean {
  if ((attempt.longestSilenceMs ?? 0) > stallMs) return true
  if (attempt.status !== 'failed' || stream === false) return false
  switch (attempt.phase) {
    case 'mid_stream':
      return attempt.reason === 'timeout-idle'
    case 'unknown':
      // A client library may have waited for a whole answer: nothing else says that it streamed.
      if (stream === 'unknown' && gateway.name === 'other') return false
      return attempt.reason === 'timeout-idle'
    case 'before_content':
      // Our own router says which it was: where its word was lost, it may have been no stream.
      if (stream === 'unknown' && gateway.name === 'secondwind') return false
      return attempt.reason === 'timeout-idle' || attempt.reason === 'timeout-first-content'
    case 'before_headers':
    case 'after_terminal':
      return false
  }
}

function whatHappened(stalled: Attempt): string {
  const seconds = Math.round((stalled.longestSilenceMs ?? 0) / 1000)
  if (stalled.status !== 'failed') {
    return `${describeTarget(stalled)} was silent for ${seconds} s in the middle of its answer`
  }
  return `${describeTarget(stalled)} failed ${describePhase(stalled)}: ${describeError(stalled)}`
}

function whatBecameOfIt(story: Story): string {
  switch (story.outcome) {
    case 'ok':
      return 'the answer went on and was completed'
    case 'rescued':
      return 'another target completed the answer'
    case 'cancelled':
      return 'the client left'
    case 'failed':
    case 'rejected':
    case 'unknown':
      return describeClient(story)
  }
}
