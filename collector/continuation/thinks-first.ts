import { type NamedModel, modelName } from './model-name.ts'

/**
 * Families that think before they answer whether the request asks for it or not. Like the table of
 * prefills this reads a model's name, for no provider publishes another sign; a wrong entry costs
 * patience, a missing one a rescue of something that was alive.
 */
const THINKING_FAMILIES = [
  /^o\d+(?![a-z])/,
  /^gpt-(?:[5-9]|oss)/,
  /^codex-/,
  /^gemini-(?:2\.5|[3-9])/,
  /^grok-(?:3-mini|[4-9])/,
  /deepseek-(?:reasoner|r\d)/,
  /^(?:qwq|magistral|minimax-m\d|glm-(?:4\.[5-9]|[5-9])|qwen-?3)/,
  /thinking|reasoning/,
]

/** `gpt-5-chat-latest`, `grok-4-fast-non-reasoning`, `Qwen3-235B-Instruct`: said not to. */
const ANSWERS_AT_ONCE = /-chat\b|non-reasoning|instruct|-no-?thinking/

const known = new WeakMap<NamedModel, boolean>()

/** Whether a target may well be silent for minutes before its first content. */
export function thinksFirst(target: NamedModel): boolean {
  let thinks = known.get(target)
  if (thinks === undefined) {
    const name = modelName(target)
    const family = name.slice(name.lastIndexOf('/') + 1)
    thinks =
      !ANSWERS_AT_ONCE.test(family) && THINKING_FAMILIES.some((pattern) => pattern.test(family))
    known.set(target, thinks)
  }
  return thinks
}
