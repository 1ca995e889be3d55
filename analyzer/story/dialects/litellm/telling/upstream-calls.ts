import type { Story } from '../../../story.ts'
import type { Reading } from '../reading/reading.ts'

/**
 * How often the router says that it called: by the picks of 1.109's events, else by v1's own spans
 * around every call. Retries have no span that tells of an attempt.
 */
export function upstreamCalls({ hints, requestSpan, showsSent }: Reading): Story['upstreamCalls'] {
  // A router in process tells of its later picks only, and each beside every call that is near.
  if (showsSent) return undefined
  const picked = hints.picks.filter((pick) => !pick.refused)
  const [first] = picked
  if (first !== undefined) {
    return { value: picked.length, source: 'span', evidence: first.evidence }
  }
  if (hints.asked === undefined) return undefined
  const evidence = {
    spanId: requestSpan.spanId,
    key: 'upstream calls counted',
    value: String(hints.asked),
  }
  return { value: hints.asked, source: 'span', evidence }
}
