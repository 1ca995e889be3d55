import { expect, test } from 'vitest'

import { judge } from '../../../analyzer/rules/judge.ts'
import { noEligibleDeployment } from '../../../analyzer/rules/no-eligible-deployment.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Fallbacks, SkippedTarget, Story } from '../../../analyzer/story/story.ts'
import { NOT_TRIED_REASONS, type NotTriedReason } from '../../../collector/vocabulary.ts'
import { buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('no-eligible-deployment')

function notTried(value: NotTriedReason, over: Partial<Fallbacks> = {}): Story {
  return buildStory({
    fallbacks: {
      tried: false,
      configured: { value: ['gpt-fallback'], source: 'span' },
      notTried: { value, source: 'span' },
      ...over,
    },
  })
}

/** What each of the router’s reasons is, where a fallback is configured and not switched off. */
const CLASSES: Readonly<Record<NotTriedReason, string | undefined>> = {
  stopped_after_content: 'fallback-bypassed',
  no_budget: 'fallback-bypassed',
  targets_unavailable: 'no-eligible-deployment',
  not_portable: 'no-eligible-deployment',
  not_translatable: 'fallback-unfit',
  disabled: undefined,
  none_configured: undefined,
  failure_not_eligible: undefined,
  client_gone: undefined,
}
const FAMILY = new Set(Object.values(CLASSES))

test.each(NOT_TRIED_REASONS)('%s belongs to one class of those, or to none', (reason) => {
  const found = judge(notTried(reason)).filter(({ rule }) => FAMILY.has(rule))
  expect(found.map(({ rule }) => rule)).toEqual(
    CLASSES[reason] === undefined ? [] : [CLASSES[reason]],
  )
})

test.each([true, false])(
  'nor is every target said to have failed, a fallback asked: %s',
  (tried) => {
    for (const reason of ['targets_unavailable', 'not_portable', 'not_translatable'] as const) {
      const rules = judge(notTried(reason, { tried })).map(({ rule }) => rule)
      expect(rules).not.toContain('fallback-exhausted')
      expect(rules).not.toContain('failure-unclassified')
    }
  },
)

test.each(['ok', 'rescued', 'cancelled', 'rejected', 'unknown'] as const)(
  'is quiet where the outcome is %s',
  (outcome) => {
    const story = { ...notTried('targets_unavailable'), outcome }
    expect(noEligibleDeployment.evaluate(story, RULE_OPTIONS)).toBeUndefined()
  },
)

function causeOf(skipped: readonly SkippedTarget[]): string | undefined {
  const story = notTried('targets_unavailable', { skipped: { value: skipped, source: 'span' } })
  return noEligibleDeployment.evaluate(story, RULE_OPTIONS)?.cause
}

test('the reasons of the targets tell incidents apart, their names and order do not', () => {
  const one = { deployment: 'gpt/1', why: 'cooling_down' } as const
  const other = { deployment: 'gpt/2', why: 'breaker_open' } as const
  expect(causeOf([one, other])).toBe(causeOf([other, { ...one, deployment: 'gpt/3' }]))
  expect(causeOf([one])).not.toBe(causeOf([other]))
  expect(causeOf([{ deployment: 'gpt/1', why: 'gate' }])).not.toBe(causeOf([one]))
})

test('a target that was skipped for being unfit is not among those that were refused', () => {
  const skipped = [
    { deployment: 'gpt/1', why: 'cooling_down' },
    { deployment: 'claude/1', why: 'not_translatable' },
  ] as const
  const story = notTried('targets_unavailable', { skipped: { value: skipped, source: 'span' } })
  const { summary } = noEligibleDeployment.evaluate(story, RULE_OPTIONS) ?? {}
  expect(summary).toContain('gpt/1 was refused')
  expect(summary).not.toContain('claude/1')
})

test('where nobody was asked at all, it says so', () => {
  const story = { ...notTried('targets_unavailable'), attempts: [] }
  expect(noEligibleDeployment.evaluate(story, RULE_OPTIONS)?.summary).toMatch(
    /^No deployment of claude-primary was asked/u,
  )
})
