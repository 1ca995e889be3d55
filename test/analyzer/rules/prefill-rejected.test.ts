import { expect, test } from 'vitest'

import { judge } from '../../../analyzer/rules/judge.ts'
import type { Attempt, Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('prefill-rejected')

function classesOf(cause: Partial<Attempt>, story: Partial<Story> = {}): readonly string[] {
  const refused = { kind: 'fallback', route: 'next', reason: 'prefill-rejected' } as const
  const attempts = [buildAttempt(cause), buildAttempt({ number: 2, ...refused })]
  const built = buildStory({ attempts, fallbacks: { tried: true }, ...story })
  return judge(built).map(({ rule }) => rule)
}

test('fires where a target that was asked to go on refuses, whoever tells how it was asked', () => {
  expect(classesOf({})).toContain('prefill-rejected')
})

test('is quiet where the first target refused the same turn: it is the client’s own', () => {
  expect(classesOf({ reason: 'prefill-rejected' })).not.toContain('prefill-rejected')
})

test('is quiet where the fallback was asked what the first target was: it cannot take it', () => {
  const continuations = [{ attempt: 2, strategy: 'restart', evidence: [] }] as const
  const classes = classesOf({ reason: 'overloaded', phase: 'before_headers' }, { continuations })
  expect(classes).not.toContain('prefill-rejected')
  expect(classes).toContain('fallback-unfit')
})
