import type { Phase } from '../../../../../collector/vocabulary.ts'
import type { Call } from '../reading/call.ts'
import { countedTokens } from '../reading/counted-tokens.ts'
import type { Reading } from '../reading/reading.ts'

/** LiteLLM has no phase: it shows in what was counted by then, and in how the error was raised. */
export function phaseOf(call: Call, reading: Reading): Phase | 'unknown' {
  if (!call.failed) return 'unknown'
  const { minor } = reading
  // Up to 1.84 a failed attempt counts none, whatever it had delivered.
  const tokens = minor === undefined || minor < 85 ? undefined : countedTokens(call.span)
  const api = reading.api ?? call.api
  const isTelling =
    // One token is what Anthropic's first event announces, before any content.
    tokens !== 1 || !(call.provider === 'anthropic' || api === 'messages')
  if (tokens !== undefined && tokens > 0 && isTelling) return 'mid_stream'
  if (call.error?.whileReading !== true) {
    const status = reading.client.statusCode
    return status !== undefined && status >= 400 ? 'before_headers' : 'unknown'
  }
  return tokens === 0 && isNoneTold(call, minor, api) ? 'before_content' : 'unknown'
}

/**
 * Before 1.109 the chunks of Responses are not counted, but where they are translated from chat.
 */
function isNoneTold({ provider }: Call, minor: number | undefined, api: Reading['api']): boolean {
  if ((minor ?? 0) >= 109 || api === 'chat') return true
  return api === 'responses' && provider === 'anthropic'
}
