import type { Usage } from '../event.ts'
import { numberOf, objectOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

/** As in Chat, cached tokens are counted inside `input_tokens`; only the names differ. */
export function readResponsesUsage(usage: JsonObject): Usage {
  const input = objectOf(usage, 'input_tokens_details') ?? {}
  const output = objectOf(usage, 'output_tokens_details') ?? {}
  const counts: readonly (readonly [keyof Usage, number | undefined])[] = [
    ['inputTokens', numberOf(usage, 'input_tokens')],
    ['outputTokens', numberOf(usage, 'output_tokens')],
    ['cachedInputTokens', numberOf(input, 'cached_tokens')],
    ['cacheWriteTokens', numberOf(input, 'cache_write_tokens')],
    ['reasoningTokens', numberOf(output, 'reasoning_tokens')],
  ]
  return Object.fromEntries(counts.filter(([, count]) => count !== undefined))
}

/** `null` where nobody counted: a made-up zero would be booked as one. */
export function writeResponsesUsage(usage: Usage): JsonObject | null {
  if (usage.inputTokens === undefined && usage.outputTokens === undefined) return null
  const input = usage.inputTokens ?? 0
  const output = usage.outputTokens ?? 0
  return {
    input_tokens: input,
    // Clients read both details without asking whether they are there.
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: input + output,
  }
}
