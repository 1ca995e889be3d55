import type { Delivered } from '../../../story.ts'
import { jsonObject } from '../../../attributes.ts'
import { defined } from '../../../defined.ts'
import type { Call } from './call.ts'

type Shape = ReadonlyMap<string, unknown>

/** Text and tool calls of an answer, where its messages are captured. */
export function deliveredOf({ span, failed, api }: Call): Delivered | undefined {
  if (failed) return undefined
  const shape = jsonObject(span.attributes, 'gen_ai.output.messages')
  if (shape?.get('secondwindShape') !== 1) return undefined
  const delivered = defined({ chars: charsOf(shape), toolCalls: toolCallsOf(shape, api) })
  return Object.keys(delivered).length === 0 ? undefined : delivered
}

function charsOf(shape: Shape): number | undefined {
  const lengths = shape.get('lengths')
  if (!Array.isArray(lengths) || lengths.length === 0) return undefined
  const known = lengths.filter((length) => typeof length === 'number')
  return known.length < lengths.length ? undefined : known.reduce((sum, length) => sum + length, 0)
}

/**
 * Chat in v1 leaves the calls out of the messages, so that none there means nothing; the end of the
 * answer tells then.
 */
function toolCallsOf(shape: Shape, api: Call['api']): number | undefined {
  const toolCalls = shape.get('toolCalls')
  if (typeof toolCalls === 'number' && toolCalls > 0) return toolCalls
  return api === 'responses' && shape.get('messages') !== 0 ? 0 : undefined
}
