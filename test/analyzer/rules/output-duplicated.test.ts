import { expect, test } from 'vitest'

import { outputDuplicated } from '../../../analyzer/rules/output-duplicated.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Delivered, StoryContinuation } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('output-duplicated')

const RESTART: StoryContinuation = {
  attempt: 2,
  strategy: 'restart',
  why: 'continuation_disabled',
  aligned: false,
  evidence: [],
}

function text(chars: number): Delivered {
  return { chars, kinds: ['text'] }
}

function judge(
  before: Delivered | undefined,
  after: Delivered | undefined,
  asked: StoryContinuation = RESTART,
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
  expect(judge(text(1), text(1))).toBe('likely')
  expect(judge(text(0), text(1))).toBeUndefined()
  expect(judge(text(1), text(0))).toBeUndefined()
})

test('where nobody counted, nothing is said', () => {
  expect(judge(undefined, text(1))).toBeUndefined()
  expect(judge(text(1), undefined)).toBeUndefined()
  expect(judge({ chars: 9 }, text(9))).toBeUndefined()
})

test('reasoning counts as text, the arguments of a tool call do not', () => {
  expect(judge({ chars: 9, kinds: ['reasoning'] }, text(9))).toBe('likely')
  expect(judge({ chars: 9, kinds: ['tool_call'] }, text(9))).toBeUndefined()
})

test('a target that went on, was aligned or is not known to have started over is left alone', () => {
  const both = text(120)
  expect(judge(both, both, { ...RESTART, strategy: 'user_turn' })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, strategy: 'unknown' })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, aligned: true })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, why: 'nothing_delivered' })).toBeUndefined()
  expect(judge(both, both, { ...RESTART, attempt: 3 })).toBeUndefined()
  expect(judge(both, both, RESTART)).toBe('likely')
})

test('what the sidecar does not say of its seam is no finding; others have no word for it', () => {
  const { aligned: _, why: __, ...bare } = RESTART
  expect(judge(text(9), text(9), bare)).toBeUndefined()
  const attempts = [
    buildAttempt({ delivered: text(9) }),
    buildAttempt({ number: 2, status: 'ok', delivered: text(9) }),
  ]
  const story = buildStory({ attempts, continuations: [bare], gateway: { name: 'other' } })
  expect(outputDuplicated.evaluate(story, RULE_OPTIONS)?.confidence).toBe('likely')
})
