import { expect, test } from 'vitest'

import { correlatedFallback } from '../../../analyzer/rules/correlated-fallback.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Finding } from '../../../analyzer/rules/rule.ts'
import type { Attempt } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('correlated-fallback')

function evaluate(first: Partial<Attempt>, second: Partial<Attempt>): Finding | undefined {
  const attempts = [
    buildAttempt({ reason: 'overloaded', phase: 'before_headers', ...first }),
    buildAttempt({
      number: 2,
      kind: 'fallback',
      route: 'claude-fallback',
      deployment: 'claude-fallback/1',
      reason: 'overloaded',
      ...second,
    }),
  ]
  // Neither its endpoint nor its key stands on every attempt of LiteLLM v1.
  const story = buildStory({ attempts, fallbacks: { tried: true }, dialect: 'litellm-v1' })
  return correlatedFallback.evaluate(story, RULE_OPTIONS)
}

const HERE = { endpoint: 'api.anthropic.com:443', keyHash: 'k-1' }

test.each(['auth', 'quota-exhausted', 'rate-limited'] as const)(
  'what failed by %s is the key, wherever it is used',
  (reason) => {
    const there = { ...HERE, endpoint: 'eu.api.anthropic.com:443' }
    expect(evaluate({ ...HERE, reason }, { ...there, reason })?.cause).toContain('same key')
    expect(evaluate({ ...HERE, reason }, { ...HERE, keyHash: 'k-2', reason })).toBeUndefined()
  },
)

test('one endpoint is certain where both attempts tell their keys, and likely elsewhere', () => {
  expect(evaluate(HERE, { ...HERE, keyHash: 'k-2' })?.confidence).toBe('certain')
  const { endpoint } = HERE
  expect(evaluate({ endpoint }, { endpoint })?.confidence).toBe('likely')
})

test('a provider counts only where no endpoint is known', () => {
  expect(evaluate({}, {})).toMatchObject({ confidence: 'likely' })
  expect(evaluate({ endpoint: 'a:1' }, { endpoint: 'b:1' })).toBeUndefined()
  expect(evaluate({ endpoint: 'a:1' }, {})).toBeUndefined()
  expect(evaluate({}, { provider: 'openai' })).toBeUndefined()
})

test.each(['context-too-long', 'not-found', 'bad-request'] as const)(
  'is quiet where the first failure is %s: the place has no part in it',
  (reason) => {
    expect(evaluate({ ...HERE, reason }, HERE)).toBeUndefined()
  },
)

test('is quiet where the second attempt went to the same target', () => {
  const again = { kind: 'retry', route: 'claude-primary', deployment: 'claude-primary/1' } as const
  expect(evaluate(HERE, { ...HERE, ...again })).toBeUndefined()
})
