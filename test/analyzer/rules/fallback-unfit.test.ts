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

test('a 400 may be about the account or the set-up of the target, whoever accepted the request', () => {
  const refusal = { reason: 'bad-request' } as const
  const unchanged = { continuations: UNCHANGED }
  expect(evaluate(refusal, { phase: 'mid_stream' }, unchanged)?.confidence).toBe('likely')
  expect(evaluate(refusal, { phase: 'before_headers' })?.confidence).toBe('likely')
})

test('the client’s own last turn is refused where the fallback was asked the same', () => {
  const refusal = { reason: 'prefill-rejected' } as const
  expect(evaluate(refusal, {}, { continuations: UNCHANGED })?.confidence).toBe('certain')
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
