import { jsonObject, numeric } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'

/**
 * Output tokens that LiteLLM counted of one attempt: of one that failed an estimate of its own,
 * made of the chunks that had come, which v1 keeps in the usage of its metadata. There, only
 * whether there are any means something.
 */
export function countedTokens({ attributes }: Span): number | undefined {
  const told = numeric(attributes, 'gen_ai.usage.output_tokens')
  if (told !== undefined) return told
  const tokens = jsonObject(attributes, 'metadata.usage_object')?.get('completion_tokens')
  return typeof tokens === 'number' ? tokens : undefined
}
