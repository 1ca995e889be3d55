import type { Continuation } from '../protocol/protocol.ts'
import type { Strategy } from '../vocabulary.ts'
import { anchorOf } from './anchor.ts'
import type { ClientStream } from './client-stream.ts'
import { estimateTokens, estimateTokensOf } from './estimate-tokens.ts'
import { withoutHalfAtEnd } from './half-character.ts'

/** What a target is told of the answer so far. */
export function continueFrom(strategy: Strategy, text: string): Continuation {
  const partial = withoutHalfAtEnd(text)
  switch (strategy) {
    case 'prefill':
      return { strategy, partial }
    case 'user_turn':
      return { strategy, partial, anchor: anchorOf(partial) }
    case 'restart':
    case 'stop':
      return { strategy: 'restart' }
    default:
      return strategy satisfies never
  }
}

/** OpenAI's Responses refuses a limit below this; less would not end a sentence either. */
const TOKENS_MIN = 16

/**
 * The client's limit without what it was delivered. Never less than a few tokens: what was used is
 * an estimate, and an end at the limit must be the target's own word, for no terminal is made up
 * (I1). So an answer may outgrow the client's limit by these and by the estimate's error.
 */
export function tokensLeft(
  maxTokens: number,
  delivered: Pick<ClientStream['delivered'], 'chars' | 'text'>,
  continuation: Continuation,
): number | undefined {
  // Whoever starts over needs the whole of it, to get as far as the client is.
  if (continuation.strategy === 'restart') return undefined
  const { chars, text } = delivered
  const used = estimateTokens(text) + estimateTokensOf(Math.max(0, chars - text.length))
  const left = Math.max(Math.min(TOKENS_MIN, maxTokens), maxTokens - used)
  // The anchor is asked for and dropped: it must not cost the answer its last words.
  return continuation.strategy === 'user_turn'
    ? left + 2 * estimateTokens(continuation.anchor)
    : left
}
