import { expect, test } from 'vitest'

import { fallbackUnfit } from '../../../analyzer/rules/fallback-unfit.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Finding } from '../../../analyzer/rules/rule.ts'
import type { Attempt, Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('fallback-unfit')

const UNCHANGED = [{ attempt: 2, strategy: 'restart', evidence: [] }] as const

function evaluate(
  refusal: Partial<Attempt>,
  cause: Partial<Attempt> = {},
  story: Partial<Story> = {},
): Finding | undefined {
  const attempts = [
    buildAttempt(cause),
    buildAttempt({
      number: 2,
      kind: 'fallback',
      route: 'small',
      deployment: 'small/1',
      ...refusal,
    }),
  ]
  const built = buildStory({ attempts, fallbacks: { tried: true }, ...story })
  return fallbackUnfit.evaluate(built, RULE_OPTIONS)
}

test('a 400 is certain only of a request that the first target had accepted, sent unchanged', () => {
  const refusal = { reason: 'bad-request' } as const
  const unchanged = { continuations: UNCHANGED }
  expect(evaluate(refusal, { phase: 'before_content' }, unchanged)?.confidence).toBe('certain')
  expect(evaluate(refusal, { phase: 'mid_stream' }, unchanged)?.confidence).toBe('certain')
  expect(evaluate(refusal, { phase: 'before_headers' }, unchanged)?.confidence).toBe('likely')
  expect(evaluate(refusal, { phase: 'unknown' }, unchanged)?.confidence).toBe('likely')
  expect(evaluate(refusal, { phase: 'mid_stream' })?.confidence).toBe('likely')
})

test('too long is too long, whatever the first target thought of it', () => {
  const refusal = { reason: 'context-too-long' } as const
  expect(evaluate(refusal, { phase: 'before_headers' })?.confidence).toBe('certain')
  expect(evaluate(refusal, {}, { sureness: 'likely' })?.confidence).toBe('likely')
})

test.each(['prefill-rejected', 'content-filtered', 'auth', 'overloaded'] as const)(
  'is quiet where the fallback failed by %s',
  (reason) => {
    expect(evaluate({ reason })).toBeUndefined()
  },
)

test('is quiet where the first failure is the client’s own', () => {
  expect(evaluate({ reason: 'context-too-long' }, { reason: 'bad-request' })).toBeUndefined()
})

test('another deployment of the same route is another target, the same one is not', () => {
  const refusal = { kind: 'retry', route: 'claude-primary', reason: 'context-too-long' } as const
  expect(evaluate({ ...refusal, deployment: 'claude-primary/2' })).toBeDefined()
  expect(evaluate({ ...refusal, deployment: 'claude-primary/1' })).toBeUndefined()
})
