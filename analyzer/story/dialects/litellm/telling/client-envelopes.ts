import type { Attempt, ClientView } from '../../../story.ts'
import type { Reading } from '../reading/reading.ts'

/**
 * On /v1/responses, a rescue after the response has begun is passed on with its own
 * `response.created`. No span shows it; five releases were measured to do it.
 */
export function clientEnvelopes(
  { api, outcome, minor, calls }: Reading,
  attempts: readonly Attempt[],
): ClientView['envelopes'] {
  const broken = calls.findIndex((call) => call.failed)
  const call = calls[broken]
  if (api !== 'responses' || outcome !== 'rescued' || minor === undefined) return undefined
  const isAfterOutput = attempts[broken]?.phase === 'mid_stream'
  if (call?.error === undefined || !(call.error.whileReading || isAfterOutput)) return undefined
  if (!startsAgain(minor, isAfterOutput)) return undefined
  return {
    value: 2,
    source: 'release',
    evidence: { spanId: call.span.spanId, key: 'litellm', value: `1.${minor}` },
  }
}

/** Newest release that was run: what a later one does is not known. */
const MINOR_MAX = 109

function startsAgain(minor: number, isAfterOutput: boolean): boolean {
  if (minor < 90 || minor > MINOR_MAX) return false
  // 1.109 holds the beginning back until there is output; before it, it went out at once. (Where
  // 1.90 rescues at all, on bridged deployments, it does so after output only.)
  return minor < MINOR_MAX || isAfterOutput
}
