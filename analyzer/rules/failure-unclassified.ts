import { rootCause } from '../story/eligible.ts'
import type { Story } from '../story/story.ts'
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
 * Keeps the other classes honest: what none of them explains is shown with its share instead of
 * disappearing. The runner asks it last, and only where nothing above `info` was found.
 */
export const failureUnclassified: Rule = {
  id: 'failure-unclassified',
  severity: 'medium',
  title: 'Failed, no class fits',
  description: 'A request failed, and no other class explains it.',
  opensWhenRescued: false,
  needs: ['outcome'],
  remedy: {
    stopItNow: {
      text: 'Look at the attempts and their errors; where the router’s config is not given (`--router-config`), give it: without it nobody can tell whether {route} has a fallback.',
      snippet: {
        language: 'sh',
        code: ['secondwind classify --router-config config.yaml --explain spans.json'].join('\n'),
      },
    },
    fixIt: {
      text: 'A pattern that keeps showing up here deserves a class of its own: file it with the output of `secondwind classify --json --explain`.',
    },
    verify: verifyStep('failure-unclassified'),
  },
  evaluate(story) {
    if (story.outcome !== 'failed' || isClientsOwnFault(story)) return undefined
    // Spans that do not even name the route leave nothing to classify by.
    if (story.indistinguishable) return undefined
    const cause = rootCause(story)
    const what =
      cause === undefined
        ? story.client.errorAttempt === 0
          ? 'The gateway itself failed the request'
          : 'No span names the attempt that failed'
        : `${describeTarget(cause)} failed: ${describeError(cause)}`
    return {
      confidence: story.sureness,
      summary: `${what}; ${describeClient(story)}.`,
      evidence: mergeEvidence(cause?.evidence ?? [], story.client.evidence),
      cause: cause === undefined ? 'unknown' : causeOf(cause),
    }
  },
}

/** A bad request from the only attempt is counted, not an incident: the client was told rightly. */
function isClientsOwnFault({ attempts, client, gateway }: Story): boolean {
  // A guardrail that refuses an answer does what it is there for.
  if (gateway.name === 'litellm' && client.errorAttempt === 0) {
    const status = client.errorStatusCode ?? client.statusCode ?? 0
    if (status >= 400 && status < 500) return true
  }
  const [only] = attempts
  const refused = only?.reason === 'bad-request' || only?.reason === 'prefill-rejected'
  return attempts.length === 1 && refused
}
