import type { Attempt, Story } from '../story/story.ts'
import { rootCause } from '../story/eligible.ts'
import { causeOf, describeError, describeTarget, mergeEvidence } from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** Retries multiply: a client library's inside the router's, and those inside the caller's. */
export const retryStorm: Rule = {
  id: 'retry-storm',
  severity: 'medium',
  title: 'More upstream calls than the budget for one request',
  description:
    'One request was sent upstream more often than the budget for one (`analyzer.rules.attempts_max`, or what the router config allows), and to targets that had already failed it.',
  opensWhenRescued: true,
  needs: ['attempt-failure', 'attempt-target'],
  remedy: {
    stopItNow: {
      text: 'Take the retries of {route} down: the next target is the better second try.',
      snippet: {
        language: 'yaml',
        code: 'model_list:\n  - model_name: {route}\n    litellm_params:\n      max_retries: 0 # what the client library adds\nrouter_settings:\n  num_retries: 1',
      },
    },
    fixIt: {
      text: 'Retry in one place only: the router, and neither the client library below it nor the caller above it (official SDKs retry twice by default: `max_retries=0` in the callers). LiteLLM: 1.97 and later no longer multiply the library’s retries with their own. Sidecar: `num_retries`, and `secondwind.retry.attempts_max` for all targets together.',
    },
    verify: verifyStep('retry-storm'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: '`num_retries: 1` costs four calls of a target that refuses before the response: the client library retries inside every try of the router.',
    },
    { gateway: 'litellm', from: '1.97', text: '`num_retries: 1` costs two calls.' },
  ],
  evaluate(story, { attemptsMax }) {
    const { attempts, upstreamCalls, callsAllowed } = story
    const cause = rootCause(story)
    if (cause === undefined) return undefined
    const calls = Math.max(attempts.length, upstreamCalls?.value ?? 0)
    const targets = targetsOf(story)
    // Each target once is a long chain, and no storm.
    const limit = Math.max(attemptsMax, callsAllowed?.value ?? 0, targets)
    if (calls <= limit) return undefined
    return {
      // How often a router may call is a setting of its own, and no span tells it.
      confidence: 'likely',
      summary: `${describeTarget(cause)}: ${describeError(cause)}. The request was sent upstream ${calls} times, ${whereTo(story, calls)}; ${budgetOf(story, attemptsMax)}.`,
      evidence: mergeEvidence(
        cause.evidence,
        upstreamCalls?.evidence === undefined ? [] : [upstreamCalls.evidence],
        ...attempts.map((attempt) => attempt.evidence),
      ),
      cause: causeOf(cause),
    }
  },
}

function whereTo(story: Story, calls: number): string {
  if (story.attempts.length < calls) return 'by the count of the router'
  const targets = targetsOf(story)
  return `to ${targets} ${targets === 1 ? 'target' : 'targets'}`
}

function budgetOf({ callsAllowed }: Story, attemptsMax: number): string {
  return (callsAllowed?.value ?? 0) > attemptsMax
    ? `its router config allows ${callsAllowed?.value}`
    : `more than ${attemptsMax} are taken for a storm`
}

/**
 * How many were asked; where calls have no span, as many as may have been, and any number where
 * nobody knows the chain.
 */
function targetsOf({ attempts, upstreamCalls, fallbacks }: Story): number {
  const named = new Set(attempts.map(nameOf)).size
  if ((upstreamCalls?.value ?? 0) <= attempts.length) return named
  return fallbacks.configured === undefined
    ? Infinity
    : Math.max(named, 1 + fallbacks.configured.value.length)
}

function nameOf({ route, deployment, model, endpoint }: Attempt): string {
  return JSON.stringify([route, deployment, model, endpoint])
}
