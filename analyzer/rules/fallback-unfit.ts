import type { FailureReason } from '../../collector/vocabulary.ts'
import { mayFallBack, rootCause } from '../story/eligible.ts'
import type { Attempt, Confidence, Story } from '../story/story.ts'
import { continuationOf } from './delivered.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describePhase,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import { leftUnasked } from './left-unasked.ts'
import { failedAfter } from './other-target.ts'
import type { Finding, Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #31557: every fallback is sent the request as it is, whether it can take it or not. */
export const fallbackUnfit: Rule = {
  id: 'fallback-unfit',
  severity: 'high',
  title: 'Fallback cannot take this request',
  description:
    'The fallback does not support what the request holds: it is too long for it, or has tools, a schema or parameters that it refuses.',
  opensWhenRescued: false,
  needs: ['outcome', 'attempt-failure'],
  remedy: {
    stopItNow: {
      text: 'Put a fallback first that takes what {route} takes (context, tools, schema, pictures), and restart.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  fallbacks: [{ {route}: ["<route as capable as the first>", {fallback}] }]',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'Give too long requests a way of their own with `context_window_fallbacks`; in LiteLLM `enable_pre_call_checks: true` leaves out deployments whose window is too small, where their `max_input_tokens` is known. `drop_params: true` drops parameters that a model refuses. The sidecar skips a target that cannot be asked and says which field it was (`not_translatable`): give {route} a fallback of the protocol that its clients speak.',
      snippet: {
        language: 'yaml',
        code: [
          'router_settings:',
          '  context_window_fallbacks: [{ {route}: ["<route with a larger window>"] }]',
          '  enable_pre_call_checks: true',
        ].join('\n'),
      },
    },
    verify: verifyStep('fallback-unfit'),
  },
  releases: [
    {
      gateway: 'litellm',
      text: 'Sends the request unchanged to every fallback, and does not look at its window or its tools before (#31557).',
    },
  ],
  evaluate(story) {
    const cause = rootCause(story)
    if (story.outcome !== 'failed' || cause === undefined || !mayFallBack(cause)) return undefined
    const refusal = failedAfter(story, cause).find((attempt) => isUnfit(story, attempt))
    if (refusal !== undefined) return refusedFinding(story, cause, refusal)
    return leftUnasked(story) === 'unfit' ? skippedFinding(story, cause) : undefined
  },
}

const UNFIT: ReadonlySet<FailureReason> = new Set(['context-too-long', 'bad-request'])

/** A refused assistant turn is the router's own doing, unless the client had sent it. */
function isUnfit(story: Story, attempt: Attempt): boolean {
  const { reason } = attempt
  if (reason === 'prefill-rejected') return continuationOf(story, attempt)?.strategy === 'restart'
  return reason !== undefined && UNFIT.has(reason)
}

function refusedFinding(story: Story, cause: Attempt, refusal: Attempt): Finding {
  return {
    confidence: confidenceOf(story, refusal),
    summary: `${describeTarget(cause)} failed ${describePhase(cause)}: ${describeError(cause)}. ${describeTarget(refusal)} refused the request: ${describeError(refusal)}; ${describeClient(story)}.`,
    evidence: mergeEvidence(refusal.evidence, cause.evidence),
    cause: `${causeOf(cause)}, then ${refusal.reason ?? 'unknown'}`,
  }
}

/**
 * The text of the error says that it is too long, or of whom the last turn is. Another 400 may be
 * about anything that the target was set up with, too: an account, a parameter, a version.
 */
function confidenceOf({ sureness }: Story, { reason }: Attempt): Confidence {
  return reason === 'bad-request' ? 'likely' : sureness
}

function skippedFinding(story: Story, cause: Attempt): Finding {
  const { notTried, skipped, configured } = story.fallbacks
  const unfit = (skipped?.value ?? []).filter(({ why }) => why === 'not_translatable')
  const names =
    unfit.length > 0 ? unfit.map(({ deployment }) => deployment) : (configured?.value ?? [])
  const whom = names.length === 0 ? 'what was left of its targets' : names.join(', ')
  return {
    confidence: story.sureness,
    summary: `${describeTarget(cause)} failed ${describePhase(cause)}: ${describeError(cause)}. The request holds what ${whom} cannot be asked in its protocol; ${describeClient(story)}.`,
    evidence: mergeEvidence(
      cause.evidence,
      [notTried?.evidence, skipped?.evidence].filter((evidence) => evidence !== undefined),
    ),
    cause: `${causeOf(cause)}, not translatable`,
  }
}
