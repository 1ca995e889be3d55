import { jsonObject } from '../../attributes.ts'
import type { Attributes } from '../../span.ts'

/** How much of an answer there was, by the shapes that are kept of what was captured. */
export interface OutputShape {
  readonly chars: number
  readonly toolCalls: number
}

/** Undefined where outputs were not captured: that nothing came is then not told either. */
export function outputShapeOf(attributes: Attributes): OutputShape | undefined {
  let chars = 0
  let toolCalls = 0
  let found = 0
  let nothing = 0
  for (const key of attributes.keys()) {
    if (!OUTPUT_KEY.test(key)) continue
    if (attributes.get(key) === '') {
      nothing += 1
      continue
    }
    const shape = jsonObject(attributes, key)
    if (shape?.get('secondwindShape') !== 1) continue
    found += 1
    if (found > KEYS_MAX) break
    const lengths: unknown = shape.get('lengths')
    const calls: unknown = shape.get('toolCalls')
    if (Array.isArray(lengths)) chars += lengths.reduce<number>(addCount, 0)
    toolCalls += addCount(0, calls)
  }
  toolCalls += flattenedCalls(attributes)
  // No shape is made of an empty text: it says by itself that nothing is in it. Beside a call of a
  // tool, whose parts stand in keys of their own, it is what libraries write for no text at all.
  const isCall = toolCalls > 0 || [...attributes.keys()].some(isOfToolCall)
  if (found === 0 && (nothing === 0 || isCall))
    return toolCalls > 0 ? { chars, toolCalls } : undefined
  return { chars, toolCalls: Math.max(toolCalls, isCall ? 1 : 0) }
}

/** Calls whose parts stand in keys of their own: how many there are, whatever is told of each. */
function flattenedCalls(attributes: Attributes): number {
  const found = new Set<string>()
  for (const key of attributes.keys()) {
    const call = FLATTENED_CALL.exec(key)?.[0]
    if (call !== undefined && found.size < KEYS_MAX) found.add(call)
  }
  return found.size
}

const FLATTENED_CALL =
  /^(?:llm\.output_messages\.\d{1,4}\.message|gen_ai\.completion\.\d{1,4})\.tool_calls\.\d{1,4}\./u

function isOfToolCall(key: string): boolean {
  return key.includes('.tool_calls.') || key.startsWith('ai.response.toolCalls')
}

/** Messages of the answer, whole or flattened; not `output.value`, which is all of its JSON. */
const OUTPUT_KEY =
  /^gen_ai\.output\.messages$|^llm\.output_messages\.\d{1,4}\.message\.(?:content|contents\.\d{1,4}\.message_content\.text)$|^gen_ai\.completion(?:\.\d{1,4}\.content)?$|^ai\.response\.text$/u
const KEYS_MAX = 64

function addCount(sum: number, count: unknown): number {
  return typeof count === 'number' && Number.isFinite(count) && count > 0 ? sum + count : sum
}
