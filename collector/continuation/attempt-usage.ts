import type { AttemptUsage, Usage } from '../protocol/event.ts'
import { estimateTokensOf } from './estimate-tokens.ts'

/** What was seen of an attempt that reached its model. */
export interface AttemptAccount {
  readonly attempt: number
  readonly model: string
  readonly usage: Usage | undefined
  /** Counts that come before the terminal are not the last word. */
  readonly isFinal: boolean
  /** Characters of content that came, delivered or not. */
  readonly contentChars: number
}

/**
 * What an attempt used. Providers bill what they generated and tell it last, so of a stream that
 * broke nothing, or only its input, is known: Anthropic's first count of output is a placeholder,
 * and OpenAI counts nothing before the end. Then the output is estimated, and said to be.
 */
export function usageOfAttempt(account: AttemptAccount): AttemptUsage {
  const { attempt, model, usage, isFinal, contentChars } = account
  const known = { attempt, model, ...usage }
  if (isFinal && usage?.outputTokens !== undefined) return { source: 'reported', ...known }
  if (contentChars > 0) {
    const outputTokens = Math.max(usage?.outputTokens ?? 0, estimateTokensOf(contentChars))
    return { source: 'estimated', ...known, outputTokens }
  }
  return { source: usage === undefined ? 'unknown' : 'partial', ...known }
}

/**
 * One attempt's tokens as an SSE comment, told at the seam that follows it. The answer's own usage
 * is that of the target that ended it: OpenAI has no word for more, Anthropic's list of iterations
 * wants every count, and of a stream that broke not every count is known. What is not known is not
 * there; it is not 0.
 */
export function usageComment(usage: AttemptUsage): string {
  const counts = [
    ['input_tokens', usage.inputTokens],
    ['output_tokens', usage.outputTokens],
  ].flatMap(([name, count]) => (count === undefined ? [] : [` ${name}=${count}`]))
  const model = usage.model.replace(/\s+/g, '_')
  return (
    `secondwind usage attempt=${usage.attempt} source=${usage.source}${counts.join('')} ` +
    `model=${model}`
  )
}
