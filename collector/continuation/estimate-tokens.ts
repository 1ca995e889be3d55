/**
 * No tokenizer is at hand for most models. Providers quote four characters a token for English; by
 * bytes the same rule also comes near for scripts where a character is a token or half of one.
 */
const BYTES_PER_TOKEN = 4

export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}

/** The same where only the number of characters is known. */
export function estimateTokensOf(chars: number): number {
  return Math.ceil(chars / BYTES_PER_TOKEN)
}
