import { expect, test } from 'vitest'

import { credentialOrModelDead } from '../../../analyzer/rules/credential-or-model-dead.ts'
import { incidentFinding, judge } from '../../../analyzer/rules/judge.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('credential-or-model-dead')

function refused(over: Partial<Story> = {}): Story {
  return buildStory({
    attempts: [buildAttempt({ reason: 'auth', phase: 'before_headers', statusCode: 401 })],
    ...over,
  })
}

test.each([
  ['failed', 'high'],
  ['rescued', 'medium'],
  ['cancelled', 'medium'],
] as const)('where the request is %s, it weighs %s', (outcome, severity) => {
  const found = judge(refused({ outcome })).find(({ rule }) => rule === 'credential-or-model-dead')
  expect(found?.severity).toBe(severity)
})

test.each(['ok', 'rejected', 'unknown'] as const)('is quiet where the outcome is %s', (outcome) => {
  expect(credentialOrModelDead.evaluate(refused({ outcome }), RULE_OPTIONS)).toBeUndefined()
})

test('a rescued request opens its incident, as a medium one', () => {
  const story = refused({ outcome: 'rescued' })
  expect(incidentFinding(story, judge(story))).toMatchObject({
    rule: 'credential-or-model-dead',
    severity: 'medium',
  })
})

test('names every target that is dead', () => {
  const [first] = refused().attempts
  const second = buildAttempt({ ...first, number: 2, route: 'gpt', deployment: 'gpt/1' })
  const story = refused({ attempts: [...refused().attempts, second] })
  const found = credentialOrModelDead.evaluate(story, RULE_OPTIONS)
  expect(found?.summary).toContain('claude-primary: refused the key')
  expect(found?.summary).toContain('gpt: refused the key')
})

test('a deployment that answered in the same request is alive', () => {
  const served = buildAttempt({ number: 2, status: 'ok' })
  const story = refused({ outcome: 'rescued', attempts: [...refused().attempts, served] })
  expect(credentialOrModelDead.evaluate(story, RULE_OPTIONS)).toBeUndefined()
})

test.each([
  ['a refused key', { reason: 'auth', statusCode: 401 }, 'certain'],
  ['a forbidden call, which may be about a country', { reason: 'auth', statusCode: 403 }, 'likely'],
  ['a model by its word', { reason: 'not-found', message: 'model: claude-x' }, 'certain'],
  ['a path that nobody serves', { reason: 'not-found', message: '404 page not found' }, 'likely'],
] as const)('%s is told as it is', (_, over, confidence) => {
  const found = credentialOrModelDead.evaluate(
    refused({ attempts: [buildAttempt({ phase: 'before_headers', ...over })] }),
    RULE_OPTIONS,
  )
  expect(found?.confidence).toBe(confidence)
})

test.each([
  "Item with id 'msg_1' not found. Items are not persisted when `store` is set to false.",
  "Previous response with id 'resp_1' not found.",
])('is quiet where the request names what is not kept: %s', (message) => {
  const gone = buildAttempt({ phase: 'before_headers', reason: 'not-found', message })
  expect(
    credentialOrModelDead.evaluate(refused({ attempts: [gone] }), RULE_OPTIONS),
  ).toBeUndefined()
})
