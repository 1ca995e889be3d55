import { isObject, objectOf, own, stringOf } from '../json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { compact, refuse } from './translation.ts'
import type { Untranslatable } from './translation.ts'

export function chatTools(
  tools: readonly JsonValue[],
  dropped: string[],
): readonly JsonObject[] | Untranslatable {
  const translated: JsonObject[] = []
  for (const [index, tool] of tools.entries()) {
    const body = isObject(tool) && own(tool, 'type') === 'function' && objectOf(tool, 'function')
    if (!isObject(tool) || !body) {
      return refuse(`tools[${index}]`, 'only function tools can be translated')
    }
    if (own(body, 'strict') === true && !dropped.includes('tools.strict')) {
      dropped.push('tools.strict')
    }
    translated.push(
      compact({
        name: stringOf(body, 'name'),
        description: stringOf(body, 'description'),
        input_schema: objectOf(body, 'parameters') ?? { type: 'object', properties: {} },
        cache_control: objectOf(tool, 'cache_control'),
      }),
    )
  }
  return translated
}

export function chatToolChoice(body: JsonObject): JsonObject | Untranslatable | undefined {
  const choice = own(body, 'tool_choice')
  const parallel =
    own(body, 'parallel_tool_calls') === false ? { disable_parallel_tool_use: true } : {}
  if (choice === 'none') return { type: 'none' }
  if (choice === 'required') return { type: 'any', ...parallel }
  if (choice === 'auto') return { type: 'auto', ...parallel }
  if (choice === undefined || choice === null) {
    return Object.keys(parallel).length === 0 ? undefined : { type: 'auto', ...parallel }
  }
  const named = isObject(choice) ? objectOf(choice, 'function') : undefined
  const name = named && stringOf(named, 'name')
  if (name === undefined) return refuse('tool_choice', 'only a function can be named')
  return { type: 'tool', name, ...parallel }
}
