import { expect, test } from 'vitest'
import { toWireRules } from '../../../../analyzer/api/to-wire-rules.ts'
import { FACT_NAMES } from '../../../../analyzer/story/fact-name.ts'
import { describeNeed, describeOpening } from '../../../../dashboard/src/lib/rule-words.ts'

test('every fact that a class may need has words', () => {
  expect(FACT_NAMES.filter((fact) => describeNeed(fact) === fact)).toEqual([])
  expect(describeNeed('a-fact-of-tomorrow')).toBe('a-fact-of-tomorrow')
})

test('when a class opens an incident is told of each', () => {
  const opening = new Map(
    toWireRules().rules.map((rule) => [rule.id, describeOpening(rule)] as const),
  )
  expect(opening.get('prefill-rejected')).toBe('where a request failed')
  expect(opening.get('orphan-spend')).toContain('also where it was rescued')
  expect(opening.get('cooldown-missed')).toContain('many requests')
  expect(opening.get('usage-lost')).toBe('never: it is counted')
})
