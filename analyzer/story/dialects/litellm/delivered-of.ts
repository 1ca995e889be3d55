import type { Delivered } from '../../story.ts'
import { jsonObject } from '../../attributes.ts'
import type { Call } from './call.ts'

/**
 * Tool calls of an answer, where its messages are captured. Chat in v1 leaves the calls out of
 * them, so that none there means nothing; the end of the answer tells then.
 */
export function deliveredOf({ span, failed, api }: Call): Delivered | undefined {
  if (failed) return undefined
  const shape = jsonObject(span.attributes, 'gen_ai.output.messages')
  if (shape?.get('secondwindShape') !== 1) return undefined
  const toolCalls = shape.get('toolCalls')
  if (typeof toolCalls === 'number' && toolCalls > 0) return { toolCalls }
  return api === 'responses' && shape.get('messages') !== 0 ? { toolCalls: 0 } : undefined
}
