import type { Attempt, Story } from '../story/story.ts'
import { continuationOf, hasText } from './delivered.ts'
import { causeOf, describeError, describeNext, describeTarget, mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** Starting over is invisible before content; after it, the client reads two answers. */
export const outputDuplicated: Rule = {
  id: 'output-duplicated',
  severity: 'high',
  title: 'Text delivered twice',
  description:
    'A target failed after some of its text had reached the client, and the next one was given the original request and answered from the beginning.',
  opensWhenRescued: true,
  needs: ['attempt-failure', 'delivered-before-failure', 'continuation'],
  remedy: {
    stopItNow: {
      text: 'Have the clients of {route} drop what they hold when the router changes targets, or switch the fallback after content off: an error is better than two answers run together.',
    },
    fixIt: {
      text: 'Fall back before the first content only (a client library: its option to retry after output, off), or use a router that goes on where the text broke off: the sidecar aligns a stream that starts over with what was delivered, and fails honestly where it cannot.',
    },
    verify: verifyStep('output-duplicated'),
  },
  evaluate(story) {
    const broken = story.attempts.find((attempt) => attempt.status === 'failed' && hasText(attempt))
    if (broken === undefined) return undefined
    const again = story.attempts.find((attempt) => startsOver(story, broken, attempt))
    if (again === undefined) return undefined
    return {
      // Whether it said the same, or told another story, is in words that no span holds.
      confidence: 'likely',
      summary: `${describeTarget(broken)} failed after some of its text had reached the client: ${describeError(broken)}. Then ${describeNext(again, broken)} was asked the same again, and its answer was joined to it from the beginning.`,
      evidence: mergeEvidence(
        broken.evidence,
        again.evidence,
        continuationOf(story, again)?.evidence ?? [],
      ),
      cause: causeOf(broken),
    }
  },
}

function startsOver(story: Story, broken: Attempt, attempt: Attempt): boolean {
  if (attempt.number <= broken.number || !hasText(attempt)) return false
  const asked = continuationOf(story, attempt)
  if (asked?.strategy !== 'restart') return false
  // The sidecar aligns such a stream, or finds that white space alone had come: it says so.
  return (
    story.gateway.name !== 'secondwind' ||
    (asked.aligned === false && asked.why !== undefined && asked.why !== 'nothing_delivered')
  )
}
