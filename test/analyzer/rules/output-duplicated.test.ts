import { expect, test } from 'vitest'

import { outputDuplicated } from '../../../analyzer/rules/output-duplicated.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Delivered, StoryContinuation } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('output-duplicated')

const RESTART: StoryContinuation = { attempt: 2, strategy: 'restart', evidence: [] }

function judge(
  before: Delivered | undefined,
  after: Delivered | undefined,
  asked: StoryContinuation | undefined = RESTART,
): string | undefined {
  const story = buildStory({
    outcome: 'rescued',
    attempts: [
      buildAttempt(before && { delivered: before }),
      buildAttempt({ number: 2, status: 'ok', ...(after && { delivered: after }) }),
    ],
    continuations: [asked],
  })
  return outputDuplicated.evaluate(story, RULE_OPTIONS)?.confidence
}

test('one character on each side of the break is text twice, none on either side is not', () => {
  expect(judge({ chars: 1 }, { chars: 1 })).toBe('likely')
  expect(judge({ chars: 0 }, { chars: 1 })).toBeUndefined()
  expect(judge({ chars: 1 }, { chars: 0 })).toBeUndefined()
})

test('where nobody counted, nothing is said', () => {
  expect(judge(undefined, { chars: 1 })).toBeUndefined()
  expect(judge({ chars: 1 }, undefined)).toBeUndefined()
})

test('reasoning counts as text, the arguments of a tool call do not', () => {
  expect(judge({ chars: 9, kinds: ['reasoning'] }, { chars: 9 })).toBe('likely')
  expect(judge({ chars: 9, kinds: ['tool_call'] }, { chars: 9 })).toBeUndefined()
})

test('a target that went on, was aligned or is not known to have started over is left alone', () => {
  const both = { chars: 120 }
  expect(judge(both, both, { ...RESTART, strategy: 'user_turn' })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, strategy: 'unknown' })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, aligned: true })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, why: 'nothing_delivered' })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, attempt: 3 })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, aligned: false })).toBe('likely')
})
