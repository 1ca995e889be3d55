import type { Attempt } from '../story/story.ts'

/**
 * The provider said inside its answer that it failed: by an error event, or by the word that it
 * ended with (`error` is OpenRouter's, Portkey has the provider's own type). By the GenAI
 * convention a stream that was cut ends with `error` too, so a reason that is known goes first.
 */
export function isInBandError({ reason, finishReasons = [] }: Attempt): boolean {
  return reason === undefined ? finishReasons.some(isErrorWord) : reason === 'error-event'
}

export function isErrorWord(finishReason: string): boolean {
  return finishReason === 'error' || isProvidersWord(finishReason)
}

/** No convention has such a word. */
export function isProvidersWord(finishReason: string): boolean {
  return finishReason.endsWith('_error')
}
