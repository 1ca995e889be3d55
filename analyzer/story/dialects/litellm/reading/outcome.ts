import type { Outcome } from '../../../../../collector/vocabulary.ts'
import type { Call } from './call.ts'
import { deliveredOf } from './delivered-of.ts'

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
  if (served === undefined) return 'unknown'
  if (failed === undefined) return endIsMissing(served) ? 'unknown' : 'ok'
  return isRetry(failed, served) ? 'ok' : 'rescued'
}

/**
 * LiteLLM reports a truncated stream as a success. Where the provider's last usage report never
 * came, what stands in its place is nothing at all, or the one token that Anthropic's first event
 * announces: an answer of one token looks the same, so nothing can be said. No token and, where
 * text is captured, no text is an answer that was empty.
 */
function endIsMissing(call: Call): boolean {
  const { streaming, outputTokens, finishReasons, provider, api } = call
  if (streaming !== true || !finishReasons.includes('stop') || outputTokens === undefined) {
    return false
  }
  if (outputTokens === 0) return deliveredOf(call)?.chars !== 0
  return outputTokens === 1 && (provider === 'anthropic' || api === 'messages')
}

/**
 * The same target again. What failed while it was read is never retried on the same route, in any
 * release, so two equal labels then only mean that the first one was overwritten.
 */
function isRetry(failed: Call, served: Call): boolean {
  return (
    failed.error?.whileReading !== true &&
    failed.group === served.group &&
    failed.deployment === served.deployment &&
    failed.model === served.model &&
    (failed.address === served.address ||
      failed.address === undefined ||
      served.address === undefined)
  )
}
