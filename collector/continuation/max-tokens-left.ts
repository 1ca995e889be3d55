/** The common rule of thumb for English; other scripts use more tokens, so more is left than is said. */
const CHARS_PER_TOKEN = 4
/** OpenAI's own minimum; asking for less is a 400 in the middle of a rescue. */
const TOKENS_MIN = 16

/**
 * What is left of the client's limit after the delivered text: an estimate, since no provider counts
 * a stream that died. Never so little that the rescue would be refused for it.
 */
export function maxTokensLeft(
  maxTokens: number | undefined,
  deliveredChars: number,
): number | undefined {
  if (maxTokens === undefined || deliveredChars === 0) return maxTokens
  const left = maxTokens - Math.ceil(deliveredChars / CHARS_PER_TOKEN)
  return Math.max(left, Math.min(TOKENS_MIN, maxTokens))
}
