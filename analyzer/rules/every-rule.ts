import { RULES } from './index.ts'
import type { RuleFacts } from './rule.ts'
import { WINDOW_RULES } from './window/index.ts'

/** Every incident class in order of priority: those of single requests, then those of many. */
export const EVERY_RULE: readonly RuleFacts[] = [...RULES, ...WINDOW_RULES]

/** What there is to say of the class with this id, if there is one. */
export function ruleFactsById(id: string): RuleFacts | undefined {
  return EVERY_RULE.find((rule) => rule.id === id)
}
