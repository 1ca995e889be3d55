import { expect, test } from 'vitest'

import { judge } from '../../../analyzer/rules/judge.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import { streamStalled } from '../../../analyzer/rules/stream-stalled.ts'
import type { Attempt, Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('stream-stalled')

function silentFor(longestSilenceMs: number, over: Partial<Story> = {}): Story {
  const served = buildAttempt({ status: 'ok', phase: 'unknown', longestSilenceMs })
  return buildStory({ outcome: 'ok', attempts: [served], ...over })
}

function stalled(over: Partial<Attempt>, story: Partial<Story> = {}): Story {
  return buildStory({ attempts: [buildAttempt({ reason: 'timeout-idle', ...over })], ...story })
}

test('the limit is an option, and silence as long as it is no stall', () => {
  const options = { ...RULE_OPTIONS, stallMs: 1000 }
  expect(streamStalled.evaluate(silentFor(1000), options)).toBeUndefined()
  expect(streamStalled.evaluate(silentFor(1001), options)).toMatchObject({ severity: 'info' })
})

test.each([
  ['failed', 'medium'],
  ['cancelled', 'medium'],
  ['ok', 'info'],
  ['rescued', 'info'],
] as const)('where the request %s, it weighs %s', (outcome, severity) => {
  const found = judge(stalled({}, { outcome })).find(({ rule }) => rule === 'stream-stalled')
  expect(found?.severity).toBe(severity)
})

test('before the headers there is no stream, and after the end there is none to wait for', () => {
  expect(streamStalled.evaluate(stalled({ phase: 'before_headers' }), RULE_OPTIONS)).toBeUndefined()
  expect(streamStalled.evaluate(stalled({ phase: 'after_terminal' }), RULE_OPTIONS)).toBeUndefined()
})

test('no content in time is a stall once the response had begun', () => {
  const reason = 'timeout-first-content'
  const begun = stalled({ reason, phase: 'before_content' })
  expect(streamStalled.evaluate(begun, RULE_OPTIONS)?.confidence).toBe('certain')
  expect(
    streamStalled.evaluate(stalled({ reason, phase: 'unknown' }), RULE_OPTIONS),
  ).toBeUndefined()
})

test('where nothing tells when it fell silent, it is likely', () => {
  const found = streamStalled.evaluate(stalled({ phase: 'unknown' }), RULE_OPTIONS)
  expect(found?.confidence).toBe('likely')
})

test('a request of which nobody knows the end is left alone', () => {
  expect(streamStalled.evaluate(stalled({}, { outcome: 'unknown' }), RULE_OPTIONS)).toBeUndefined()
})
