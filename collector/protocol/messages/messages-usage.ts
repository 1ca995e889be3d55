import type { Usage } from '../event.ts'
import { numberOf, objectOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

/**
 * Anthropic counts cached tokens beside `input_tokens`, OpenAI and we inside. Its counts are
 * cumulative: a later one replaces an earlier one and is never added to it.
 */
export class MessagesUsage {
  #input: number | undefined
  #cacheRead: number | undefined
  #cacheWrite: number | undefined
  #output: number | undefined
  #thinking: number | undefined

  /** Takes in a `usage` object and gives back all that is known so far. */
  update(usage: JsonObject): Usage {
    const details = objectOf(usage, 'output_tokens_details') ?? {}
    this.#input = numberOf(usage, 'input_tokens') ?? this.#input
    this.#cacheRead = numberOf(usage, 'cache_read_input_tokens') ?? this.#cacheRead
    this.#cacheWrite = numberOf(usage, 'cache_creation_input_tokens') ?? this.#cacheWrite
    this.#output = numberOf(usage, 'output_tokens') ?? this.#output
    this.#thinking = numberOf(details, 'thinking_tokens') ?? this.#thinking
    return {
      ...(this.#input === undefined
        ? {}
        : { inputTokens: this.#input + (this.#cacheRead ?? 0) + (this.#cacheWrite ?? 0) }),
      ...(this.#output === undefined ? {} : { outputTokens: this.#output }),
      ...(this.#cacheRead === undefined ? {} : { cachedInputTokens: this.#cacheRead }),
      ...(this.#cacheWrite === undefined ? {} : { cacheWriteTokens: this.#cacheWrite }),
      ...(this.#thinking === undefined ? {} : { reasoningTokens: this.#thinking }),
    }
  }
}

/** SDKs read `output_tokens` without asking whether it is there. */
export function writeMessagesUsage(usage: Usage): JsonObject {
  const cached = usage.cachedInputTokens
  const written = usage.cacheWriteTokens
  const input = usage.inputTokens
  return {
    ...(input === undefined
      ? {}
      : { input_tokens: Math.max(0, input - (cached ?? 0) - (written ?? 0)) }),
    ...(cached === undefined ? {} : { cache_read_input_tokens: cached }),
    ...(written === undefined ? {} : { cache_creation_input_tokens: written }),
    output_tokens: usage.outputTokens ?? 0,
    ...(usage.reasoningTokens === undefined
      ? {}
      : { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
  }
}
