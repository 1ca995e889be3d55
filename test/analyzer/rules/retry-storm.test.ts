import { expect, test } from 'vitest'

import { retryStorm } from '../../../analyzer/rules/retry-storm.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('retry-storm')

/** As many attempts on each of these targets, one after the other. */
function attemptsOn(...counts: readonly number[]): Story['attempts'] {
  return counts
    .flatMap((count, target) => Array.from({ length: count }, () => `route-${target}/1`))
    .map((deployment, position) => buildAttempt({ number: position + 1, deployment }))
}

function judge(over: Partial<Story>, attemptsMax = 5): string | undefined {
  const options = { ...RULE_OPTIONS, attemptsMax }
  return retryStorm.evaluate(buildStory(over), options)?.confidence
}

function counted(value: number): NonNullable<Story['upstreamCalls']> {
  return { value, source: 'span' }
}

test('the budget itself is no storm, one call more is', () => {
  expect(judge({ attempts: attemptsOn(5) })).toBeUndefined()
  expect(judge({ attempts: attemptsOn(6) })).toBe('likely')
  expect(judge({ attempts: attemptsOn(6) }, 6)).toBeUndefined()
  expect(judge({ attempts: attemptsOn(3, 3) })).toBe('likely')
})

test('any number of targets that are each asked once is a chain', () => {
  expect(judge({ attempts: attemptsOn(1, 1, 1, 1, 1, 1, 1) })).toBeUndefined()
  expect(judge({ attempts: attemptsOn(1, 1, 1, 1, 1, 1, 2) })).toBe('likely')
})

test('calls that only the router counted are likely, beyond what it has to go to', () => {
  const configured = { value: ['b', 'c', 'd', 'e', 'f'], source: 'config' as const }
  const attempts = attemptsOn(1, 1)
  const none = { tried: true, configured: { ...configured, value: [] } }
  expect(judge({ attempts, fallbacks: none, upstreamCalls: counted(6) })).toBe('likely')
  expect(judge({ attempts, fallbacks: none, upstreamCalls: counted(5) })).toBeUndefined()
  expect(judge({ attempts, upstreamCalls: counted(60) })).toBeUndefined()
  const fallbacks = { tried: true, configured }
  expect(judge({ attempts, fallbacks, upstreamCalls: counted(6) })).toBeUndefined()
  expect(judge({ attempts, fallbacks, upstreamCalls: counted(7) })).toBe('likely')
})

function allowed(value: number): Pick<Story, 'callsAllowed'> {
  return { callsAllowed: { value, source: 'config' } }
}

test('what the router config allows is no storm, and less than the budget is none, either', () => {
  const attempts = attemptsOn(8)
  expect(judge({ attempts, ...allowed(8) })).toBeUndefined()
  expect(judge({ attempts, ...allowed(7) })).toBe('likely')
  expect(judge({ attempts: attemptsOn(4), ...allowed(2) })).toBeUndefined()
})

function summaryOf(over: Partial<Story>): string | undefined {
  return retryStorm.evaluate(buildStory(over), RULE_OPTIONS)?.summary
}

test('it says against which budget it holds the calls', () => {
  const attempts = attemptsOn(8)
  expect(summaryOf({ attempts })).toMatch(
    /8 times, to 1 target; more than 5 are taken for a storm\.$/u,
  )
  expect(summaryOf({ attempts, ...allowed(6) })).toMatch(/its router config allows 6\.$/u)
})

test('many calls without a failure are no retries', () => {
  const attempts = attemptsOn(6).map((attempt) => ({ ...attempt, status: 'ok' as const }))
  expect(judge({ outcome: 'ok', attempts })).toBeUndefined()
})
