import { expect, test } from 'vitest'

import { errorInSuccess } from '../../../analyzer/rules/error-in-success.ts'
import { judge } from '../../../analyzer/rules/judge.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Finding } from '../../../analyzer/rules/rule.ts'
import type { Attempt, Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('error-in-success')

/** What a library's spans say: how the answer ended, and nothing of a client. */
function told(over: Partial<Attempt>, story: Partial<Story> = {}): Story {
  const { reason: _, ...attempt } = buildAttempt({ phase: 'unknown', ...over })
  return buildStory({
    attempts: [over.reason === undefined ? attempt : { ...attempt, reason: over.reason }],
    client: { complete: 'unknown', errorShown: 'unknown', evidence: [] },
    ...story,
  })
}

function evaluate(over: Partial<Attempt>, story: Partial<Story> = {}): Finding | undefined {
  return errorInSuccess.evaluate(told(over, story), RULE_OPTIONS)
}

test.each(['error', 'overloaded_error', 'api_error'])('%s is no end of a success', (word) => {
  expect(evaluate({ status: 'ok', finishReasons: [word] }, { outcome: 'ok' })).toBeDefined()
  expect(evaluate({ finishReasons: [word] }, { stream: false })).toBeDefined()
})

test('where it may have been a stream that was cut, the word alone accuses nobody', () => {
  expect(evaluate({ finishReasons: ['error'] }, { stream: 'unknown' })).toBeUndefined()
  expect(evaluate({ finishReasons: ['error'] }, { stream: true })).toBeUndefined()
  expect(evaluate({ finishReasons: ['overloaded_error'] }, { stream: true })).toBeDefined()
})

test('a sender that names the error beside it has not ignored it', () => {
  expect(evaluate({ finishReasons: ['error'], errorType: 'APIError' })).toBeUndefined()
})

test('an error that the client was shown was not passed off as anything', () => {
  const shown = { client: { complete: false, errorShown: true, evidence: [] } }
  expect(evaluate({ reason: 'error-event' }, shown)).toBeUndefined()
  const hidden = { client: { complete: false, errorShown: false, evidence: [] } } as const
  expect(evaluate({ reason: 'error-event' }, hidden)).toBeDefined()
})

test('a stream that was cut ends with the same word, and is another class', () => {
  const hidden = { client: { complete: false, errorShown: false, evidence: [] } } as const
  const cut = told({ reason: 'stream-cut', finishReasons: ['error'] }, hidden)
  expect(judge(cut).map(({ rule }) => rule)).toContain('stream-truncated')
  expect(errorInSuccess.evaluate(cut, RULE_OPTIONS)).toBeUndefined()
  const inBand = judge(told({ reason: 'error-event' }, hidden)).map(({ rule }) => rule)
  expect(inBand).not.toContain('stream-truncated')
})

test('an attempt that failed before the one that served was not passed off', () => {
  expect(evaluate({ reason: 'error-event' }, { outcome: 'rescued' })).toBeUndefined()
})
