import type { FailureReason } from '../../collector/vocabulary.ts'
import type { Attempt, Story } from './story.ts'

/**
 * Failures that no other target may be asked about: the client's own fault, its departure, and
 * content policy, for which only `content_policy_fallbacks` would hold.
 */
const NOT_ELIGIBLE: ReadonlySet<FailureReason> = new Set([
  'bad-request',
  // As the first failure: the client's own last turn was the assistant's.
  'prefill-rejected',
  'content-filtered',
  'client-aborted',
])

/** The failure of the first attempt that failed. */
export function rootCause(story: Story): Attempt | undefined {
  return story.attempts.find((attempt) => attempt.status === 'failed')
}

/**
 * Whether the first target failed for good in a way that another target is there for: the
 * denominator of the unrescued share. Undefined where nothing tells whether a fallback is
 * configured.
 */
export function isEligibleFailure(story: Story): boolean | undefined {
  const cause = rootCause(story)
  if (cause === undefined || !mayFallBack(cause)) return false
  if (story.outcome === 'rescued') return true
  if (story.outcome !== 'failed' || story.fallbacks.disabled?.value === true) return false
  if (story.fallbacks.tried === true) return true
  const configured = story.fallbacks.configured?.value
  return configured === undefined ? undefined : configured.length > 0
}

/** Whether a failure like this one is sent to a next target. A failure nobody named may be. */
export function mayFallBack(attempt: Attempt): boolean {
  return attempt.reason === undefined || !NOT_ELIGIBLE.has(attempt.reason)
}
