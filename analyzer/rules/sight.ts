import type { Dialect } from '../story/dialects/dialect.ts'
import type { FactName } from '../story/fact-name.ts'
import type { RuleFacts } from './rule.ts'

/** Whether spans of one kind can show one incident class, and what they lack where not. */
export interface Sight {
  readonly sight: 'always' | 'sometimes' | 'never'
  /** Facts that are told no better than that; none where all are always told. */
  readonly lacking: readonly FactName[]
}

/** A class is seen as well as the fact that is told worst of those that it needs. */
export function sightOf(
  { needs }: Pick<RuleFacts, 'needs'>,
  { tells }: Pick<Dialect, 'tells'>,
): Sight {
  for (const sight of ['never', 'sometimes'] as const) {
    const lacking = needs.filter((fact) => tells[fact].sight === sight)
    if (lacking.length > 0) return { sight, lacking }
  }
  return { sight: 'always', lacking: [] }
}
