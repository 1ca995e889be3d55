import type { Attempt, Story, StoryContinuation } from '../story/story.ts'
import { continuationOf, hasToolCall } from './delivered.ts'
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

/** Invariant I4, broken: the client runs the call twice, or reads two calls as one broken one. */
export const toolCallReplayed: Rule = {
  id: 'tool-call-replayed',
  severity: 'high',
  title: 'Tool call delivered twice',
  description:
    'A target failed after a tool call of its had begun to reach the client, and the next target produced a call again.',
  opensWhenRescued: true,
  needs: ['attempt-failure', 'delivered', 'continuation'],
  remedy: {
    stopItNow: {
      text: 'Take the fallbacks of {route} away until this is mended: a broken stream then ends in an error that the client sees, and no tool runs twice. Look through what those tools did since the first of these.',
      snippet: {
        language: 'yaml',
        code: 'router_settings:\n  fallbacks: [{ "<another route>": ["<its fallback>"] }] # as it was, without the entry of {route}',
      },
    },
    fixIt: {
      text: 'LiteLLM: on /v1/chat/completions upgrade to 1.97 or later, which asks nobody once a call has begun; on /v1/responses no release up to 1.109.1 is free of it, and 1.95 brought it. Put the sidecar in its place or behind it (`api_base` of the deployment): it stops where a tool call was touched. Give tools an idempotency key in any case.',
    },
    verify: verifyStep('tool-call-replayed'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.96',
      text: 'Chat: the fallback is given the original messages after half a tool call, and makes the call again. Up to 1.93 an error event brings it about, since 1.94 a cut connection too.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      text: 'Responses: a finished function call followed by an error event or `response.failed` is made again by the fallback, without an error. Upgrading from 1.90 brings it.',
    },
  ],
  evaluate(story) {
    const replay = findReplay(story)
    if (replay === undefined) return undefined
    const { broken, again, asked, isSeen } = replay
    // Asked to go on, a model may have made the next of several calls.
    const isSame = asked?.strategy === 'restart'
    return {
      confidence: isSeen && isSame && story.sureness === 'certain' ? 'certain' : 'likely',
      summary: `${describeTarget(broken)} failed ${describePhase(broken)}: ${describeError(broken)}. ${sentence(replay)}.`,
      evidence: mergeEvidence(broken.evidence, again.evidence, asked?.evidence ?? []),
      cause: causeOf(broken),
    }
  },
}

function sentence({ broken, again, asked, isSeen }: Replay): string {
  const next = describeNext(again, broken)
  if (!isSeen) {
    return `Then ${next} was sent the original request, as LiteLLM does after a tool call, and made one: the client has both`
  }
  const how = asked?.strategy === 'restart' ? ' for the same again' : ''
  return `A tool call had reached the client; ${next} was asked${how} and made one as well`
}

interface Replay {
  readonly broken: Attempt
  readonly again: Attempt
  readonly asked: StoryContinuation | undefined
  /** The first call was counted; else it follows from how the router went on. */
  readonly isSeen: boolean
}

function findReplay(story: Story): Replay | undefined {
  for (const again of story.attempts) {
    if (!hasToolCall(again)) continue
    const asked = continuationOf(story, again)
    const before = story.attempts.filter(
      ({ number, status }) => number < again.number && status === 'failed',
    )
    const seen = before.find(hasToolCall)
    if (seen !== undefined) return { broken: seen, again, asked, isSeen: true }
    const inferred = before.find((attempt) => isCallByInference(story, attempt))
    if (inferred !== undefined && asked?.strategy === 'restart') {
      return { broken: inferred, again, asked, isSeen: false }
    }
  }
  return undefined
}

/**
 * LiteLLM does not export what a failed attempt delivered. Of text, the fallback is given the part
 * to go on from; the original request, after content, it is given where a call (or, rarely, nothing
 * but reasoning) had come (measured, 1.83 to 1.109).
 */
function isCallByInference({ gateway }: Story, { phase, delivered }: Attempt): boolean {
  return gateway.name === 'litellm' && phase === 'mid_stream' && delivered === undefined
}
