import type { ProviderError } from '../protocol/event.ts'

/** Shorter keys are placeholders (`none`, `sk-1`); replacing them would garble ordinary words. */
const KEY_CHARS_MIN = 8

/**
 * Providers quote a refused key in their errors. Ours belongs to the operator and must not reach a
 * client or a span by that way.
 */
export function scrubKey(error: ProviderError, apiKey: string | undefined): ProviderError {
  if (apiKey === undefined || apiKey.length < KEY_CHARS_MIN) return error
  if (!error.message.includes(apiKey)) return error
  return { ...error, message: error.message.replaceAll(apiKey, '[redacted]') }
}
