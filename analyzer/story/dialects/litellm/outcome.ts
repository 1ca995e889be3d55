import type { Outcome } from '../../../../collector/vocabulary.ts'
import type { Call } from './call.ts'

/** What the attempts alone say, where nothing tells what the client got. */
export function outcomeOfCalls(calls: readonly Call[]): Outcome {
  const last = calls.at(-1)
  if (last === undefined) return 'unknown'
  if (last.failed) return 'failed'
  return completeOutcome(calls)
}

/** Of a request whose client got a whole answer. */
export function completeOutcome(calls: readonly Call[]): Outcome {
  const served = calls.at(-1)
  const failed = calls.find((call) => call.failed)
  if (failed === undefined || served === undefined) return 'ok'
  return isRetry(failed, served) ? 'ok' : 'rescued'
}

/**
 * The same target again. What failed while it was read is never retried on the same route, in any
 * release, so two equal labels then only mean that the first one was overwritten.
 */
function isRetry(failed: Call, served: Call): boolean {
  return (
    failed.error?.raw !== true &&
    failed.group === served.group &&
    failed.deployment === served.deployment &&
    failed.model === served.model &&
    (failed.address === served.address ||
      failed.address === undefined ||
      served.address === undefined)
  )
}
