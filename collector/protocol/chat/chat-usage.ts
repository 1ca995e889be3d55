import type { Usage } from '../event.ts'
import { numberOf, objectOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

/** OpenAI counts cached tokens inside `prompt_tokens`, as we do. */
export function readChatUsage(usage: JsonObject): Usage {
  const prompt = objectOf(usage, 'prompt_tokens_details') ?? {}
  const completion = objectOf(usage, 'completion_tokens_details') ?? {}
  const read: Partial<Record<keyof Usage, number>> = {}
  const note = (name: keyof Usage, count: number | undefined): void => {
    if (count !== undefined) read[name] = count
  }
  note('inputTokens', numberOf(usage, 'prompt_tokens'))
  note('outputTokens', numberOf(usage, 'completion_tokens'))
  note(
    'cachedInputTokens',
    // DeepSeek reports its cache beside the details, not in them.
    numberOf(prompt, 'cached_tokens') ?? numberOf(usage, 'prompt_cache_hit_tokens'),
  )
  note('cacheWriteTokens', numberOf(prompt, 'cache_write_tokens'))
  note('reasoningTokens', numberOf(completion, 'reasoning_tokens'))
  return read
}

export function writeChatUsage(usage: Usage): JsonObject {
  const prompt = usage.inputTokens ?? 0
  const completion = usage.outputTokens ?? 0
  const hasCache = usage.cachedInputTokens !== undefined || usage.cacheWriteTokens !== undefined
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(hasCache
      ? {
          prompt_tokens_details: {
            cached_tokens: usage.cachedInputTokens ?? 0,
            cache_write_tokens: usage.cacheWriteTokens ?? 0,
          },
        }
      : {}),
    ...(usage.reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } }),
  }
}
