import { expect, test } from 'vitest'

import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import { usageLost } from '../../../analyzer/rules/usage-lost.ts'
import type { Attempt } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('usage-lost')

function lost(attempt: Partial<Attempt>): string | undefined {
  const story = buildStory({
    outcome: 'ok',
    attempts: [buildAttempt({ status: 'ok', ...attempt })],
  })
  return usageLost.evaluate(story, RULE_OPTIONS)?.cause
}

test('only a zero that cannot be a count is one', () => {
  expect(lost({ usage: { inputTokens: 0, outputTokens: 9 } })).toBe('input tokens')
  expect(lost({ usage: { inputTokens: 1, outputTokens: 0 } })).toBeUndefined()
  const delivered = { chars: 12 }
  expect(lost({ usage: { inputTokens: 1, outputTokens: 0 }, delivered })).toBe('output tokens')
  expect(lost({ usage: { outputTokens: 3 } })).toBeUndefined()
  expect(lost({})).toBeUndefined()
})

test('an attempt that did not answer has used nothing', () => {
  const usage = { inputTokens: 0 }
  expect(lost({ status: 'failed', phase: 'before_headers', usage })).toBeUndefined()
  expect(lost({ status: 'failed', phase: 'unknown', usage })).toBeUndefined()
  expect(lost({ status: 'failed', phase: 'mid_stream', usage })).toBe('input tokens')
})
