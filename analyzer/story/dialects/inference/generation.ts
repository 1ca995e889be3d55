import type { Span } from '../../span.ts'
import { isOpenInference } from '../inference-span.ts'

export type Generation = 'openinference' | 'before 1.37' | '1.37 to 1.41' | 'since 1.42'

/**
 * Which generation of which convention a span keeps to: told by keys that came or went with it.
 * Libraries mix them, so the newest key decides.
 */
export function generationOf(span: Span): Generation {
  const { attributes } = span
  if (isOpenInference(span)) return 'openinference'
  if (NEW_KEYS.some((key) => attributes.has(key))) return 'since 1.42'
  if (attributes.has('gen_ai.provider.name')) return '1.37 to 1.41'
  return 'before 1.37'
}

/** Of the repository that the convention moved to with 1.42. */
const NEW_KEYS = [
  'gen_ai.usage.cache_write.input_tokens',
  'gen_ai.usage.reasoning.output_tokens',
  'gen_ai.request.reasoning.level',
  'gen_ai.conversation.compacted',
] as const
