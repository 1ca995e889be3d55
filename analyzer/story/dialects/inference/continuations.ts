import type { StoryContinuation } from '../../story.ts'
import type { InferenceCall } from './call.ts'

/** How each further attempt was asked, where the messages of both were captured. */
export function continuationsOf(calls: readonly InferenceCall[]): readonly StoryContinuation[] {
  const asked = calls[0]?.asked
  return calls.slice(1).flatMap((call, position) => {
    const { asked: sent, operation } = call
    if (sent?.messages === undefined || sent.key === undefined) return []
    // A retry inside of one span has the messages of that span.
    if (operation === calls[position]?.operation || asked?.messages === undefined) return []
    return [
      {
        attempt: position + 2,
        strategy: strategyOf(asked, sent),
        prefill: sent.prefill,
        evidence: [{ spanId: operation.spanId, key: sent.key, value: sent.lastRole ?? '' }],
        ...(sent.lastRole === undefined ? {} : { lastRole: sent.lastRole }),
      },
    ]
  })
}

type Asked = NonNullable<InferenceCall['asked']>

function strategyOf(asked: Asked, sent: Asked): StoryContinuation['strategy'] {
  if (sent.messages === asked.messages) return 'restart'
  if (sent.prefill && !asked.prefill) return 'prefill'
  // The partial answer and a turn that asks to go on from it, behind what was asked before.
  const isTwoMore = sent.messages === (asked.messages ?? 0) + 2
  return isTwoMore && sent.goesOn ? 'user_turn' : 'unknown'
}
