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
  // No shape is made of an empty text: it says by itself that nothing is in it. Beside a call of a
  // tool, whose parts stand in keys of their own, it is what libraries write for no text at all.
  if (found === 0 && (nothing === 0 || [...attributes.keys()].some(isOfToolCall))) return undefined
  return { chars, toolCalls }
}

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
