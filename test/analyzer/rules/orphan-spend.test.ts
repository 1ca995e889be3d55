import { expect, test } from 'vitest'

import { orphanSpend } from '../../../analyzer/rules/orphan-spend.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('orphan-spend')

const GONE_NS = 1_700_000_000_000_000_000n
const MS_NS = 1_000_000n

/** When an attempt began and ended, in milliseconds after the client had left. */
function judge(startMs: number, endMs: number): string | undefined {
  const attempt = buildAttempt({
    startTimeNs: GONE_NS + BigInt(startMs) * MS_NS,
    endTimeNs: GONE_NS + BigInt(endMs) * MS_NS,
  })
  const client = { complete: false, errorShown: false, goneTimeNs: GONE_NS, evidence: [] } as const
  const story = buildStory({ outcome: 'cancelled', attempts: [attempt], client })
  return orphanSpend.evaluate(story, RULE_OPTIONS)?.confidence
}

test('an attempt may begin 100 ms after the client left, and no later', () => {
  expect(judge(100, 200)).toBeUndefined()
  expect(judge(101, 200)).toBe('certain')
})

test('an attempt may end a second after the client left, and no later', () => {
  expect(judge(-500, 1000)).toBeUndefined()
  expect(judge(-500, 1001)).toBe('likely')
})

test('spans that end before they begin are no spend', () => {
  expect(judge(50, -5000)).toBeUndefined()
})

test('where no span says that the client left, it stayed', () => {
  const story = buildStory({ outcome: 'cancelled' })
  expect(orphanSpend.evaluate(story, RULE_OPTIONS)).toBeUndefined()
})
