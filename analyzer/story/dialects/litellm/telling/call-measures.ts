import type { FailureReason } from '../../../../../collector/vocabulary.ts'
import { defined } from '../../../defined.ts'
import type { Attempt, Usage } from '../../../story.ts'
import type { Call } from '../reading/call.ts'

type Measures = Pick<Attempt, 'delivered' | 'timeToFirstContentMs' | 'usage'>

/** What was counted and timed of a call; before 1.97 a failed one carries estimates of nothing. */
export function measuresOf(call: Call, minor: number | undefined): Partial<Measures> {
  const counted = !call.failed || (minor !== undefined && minor >= 97)
  const { timeToFirstChunk: first } = call
  return defined({
    delivered: wasRefused(call) ? { chunks: 0 } : undefined,
    // The first chunk may show nothing yet, so content came no sooner. Below zero it was taken from
    // an earlier attempt's (measured iv.4).
    timeToFirstContentMs: first === undefined || first < 0 ? undefined : first * 1000,
    usage: counted ? usageOfCall(call) : undefined,
  })
}

export function usageOfCall({ inputTokens, outputTokens }: Call): Usage | undefined {
  return inputTokens === undefined && outputTokens === undefined
    ? undefined
    : defined({ inputTokens, outputTokens })
}

/**
 * An error of the upstream's own that was mapped, and not recorded as it was raised: there was no
 * answer yet. A time-out is mapped wherever it strikes.
 */
export function wasRefused({ error, outputTokens }: Call): boolean {
  if (error === undefined || error.whileReading || (outputTokens ?? 0) > 0) return false
  return error.reason !== undefined && REFUSALS.has(error.reason)
}

const REFUSALS: ReadonlySet<FailureReason> = new Set([
  'rate-limited',
  'quota-exhausted',
  'auth',
  'not-found',
  'bad-request',
  'context-too-long',
  'content-filtered',
  'server-error',
  'overloaded',
])
