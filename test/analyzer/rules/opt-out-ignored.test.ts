import { expect, test } from 'vitest'

import { optOutIgnored } from '../../../analyzer/rules/opt-out-ignored.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Attempt, Fallbacks } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('opt-out-ignored')

function judge(disabled: Fallbacks['disabled'], kind: Attempt['kind']): string | undefined {
  const story = buildStory({
    outcome: 'rescued',
    attempts: [buildAttempt(), buildAttempt({ number: 2, kind, status: 'ok' })],
    fallbacks: { tried: kind === 'fallback', ...(disabled && { disabled }) },
  })
  return optOutIgnored.evaluate(story, RULE_OPTIONS)?.confidence
}

test('another route is a fallback, the same one is not, and what nobody knows is neither', () => {
  const off = { value: true, source: 'span' } as const
  expect(judge(off, 'fallback')).toBe('certain')
  expect(judge(off, 'retry')).toBeUndefined()
  expect(judge(off, 'unknown')).toBeUndefined()
})

test('only a switch that is told to be off counts, and one from a config file is likely', () => {
  expect(judge({ value: false, source: 'span' }, 'fallback')).toBeUndefined()
  expect(judge(undefined, 'fallback')).toBeUndefined()
  expect(judge({ value: true, source: 'config' }, 'fallback')).toBe('likely')
})
