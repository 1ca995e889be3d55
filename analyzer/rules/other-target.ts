import type { Attempt, Story } from '../story/story.ts'

/** Attempts on another target that came after this one, and failed as well. */
export function failedAfter({ attempts }: Story, cause: Attempt): readonly Attempt[] {
  return attempts.filter(
    (attempt) =>
      attempt.status === 'failed' && attempt.number > cause.number && isOtherTarget(attempt, cause),
  )
}

/** Another route, or another deployment of the same one; where nothing tells, it is the same. */
function isOtherTarget(attempt: Attempt, cause: Attempt): boolean {
  if (attempt.kind === 'fallback') return true
  return (
    attempt.deployment !== undefined &&
    cause.deployment !== undefined &&
    attempt.deployment !== cause.deployment
  )
}
