import { numberOf, stringOf } from '../json.ts'
import type { Said, Settings } from './conversation.ts'
import type { TranslationNotes } from './translation-notes.ts'
import type { WriteTarget } from './write-target.ts'

type Reasoning = Pick<Settings, 'effort' | 'thinking'>

/** The nearest of the three words that both know. It is not what was asked for, and is listed. */
const FOR_OPENAI: ReadonlyMap<string, string> = new Map([['max', 'high']])
const FOR_ANTHROPIC: ReadonlyMap<string, string> = new Map([
  ['none', 'low'],
  ['minimal', 'low'],
  ['xhigh', 'high'],
])

/** What OpenAI's efforts come to in Anthropic's budgets, as LiteLLM and Anthropic's guide count. */
const BUDGETS: readonly (readonly [upTo: number, effort: string])[] = [
  [2048, 'low'],
  [8192, 'medium'],
]

/** How hard an OpenAI model should think, by its effort or by Anthropic's budget. */
export function effortForOpenai(
  { effort, thinking }: Reasoning,
  target: WriteTarget,
  notes: TranslationNotes,
): string | undefined {
  if (!target.acceptsEffort) {
    notes.dropSaid(thinking, effort)
    return undefined
  }
  if (effort !== undefined) return nearest(effort, FOR_OPENAI, notes)
  const budget = thinking && numberOf(thinking.value, 'budget_tokens')
  if (budget === undefined) {
    const isOff = thinking === undefined || stringOf(thinking.value, 'type') === 'disabled'
    if (!isOff) notes.dropSaid(thinking)
    return undefined
  }
  return BUDGETS.find(([upTo]) => budget <= upTo)?.[1] ?? 'high'
}

/** `output_config.effort`, for the Claude models that know it. */
export function effortForAnthropic(
  effort: Settings['effort'],
  target: WriteTarget,
  notes: TranslationNotes,
): string | undefined {
  if (effort === undefined) return undefined
  if (target.acceptsEffort) return nearest(effort, FOR_ANTHROPIC, notes)
  // `none` asks for what these models do anyway.
  if (effort.value !== 'none') notes.dropSaid(effort)
  return undefined
}

function nearest(
  effort: Said<string>,
  words: ReadonlyMap<string, string>,
  notes: TranslationNotes,
): string {
  const word = words.get(effort.value)
  if (word !== undefined) notes.dropSaid(effort)
  return word ?? effort.value
}
