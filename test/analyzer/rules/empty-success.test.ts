import { expect, test } from 'vitest'

import { emptySuccess } from '../../../analyzer/rules/empty-success.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Finding } from '../../../analyzer/rules/rule.ts'
import type { Attempt, Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('empty-success')

const NOTHING = { chunks: 0, chars: 0, toolCalls: 0, kinds: [] }

function evaluate(over: Partial<Attempt> = {}, story: Partial<Story> = {}): Finding | undefined {
  const served = buildAttempt({
    status: 'ok',
    phase: 'unknown',
    terminal: true,
    finishReasons: ['stop'],
    delivered: NOTHING,
    ...over,
  })
  const built = buildStory({ outcome: 'ok', attempts: [served], ...story })
  return emptySuccess.evaluate(built, RULE_OPTIONS)
}

test('nothing of any kind was delivered, and the end came', () => {
  expect(evaluate()?.confidence).toBe('certain')
})

test.each([{ chunks: 1 }, { chars: 1 }, { toolCalls: 1 }, { kinds: ['refusal'] }])(
  'one piece of anything is an answer: %o',
  (delivered) => {
    expect(evaluate({ delivered: { ...NOTHING, ...delivered } })).toBeUndefined()
  },
)

test('an attempt that does not say what it delivered may have delivered something', () => {
  const { delivered: _, ...silent } = buildAttempt({ number: 1 })
  const served = buildAttempt({
    number: 2,
    status: 'ok',
    terminal: true,
    finishReasons: ['stop'],
    delivered: NOTHING,
  })
  expect(evaluate({}, { outcome: 'rescued', attempts: [silent, served] })).toBeUndefined()
})

test.each(['stop', 'end_turn', 'STOP', 'completed', 'tool_calls'])(
  '%s promises an answer',
  (word) => {
    expect(evaluate({ finishReasons: [word] })).toBeDefined()
  },
)

test.each([
  'length',
  'max_tokens',
  'content_filter',
  'refusal',
  'pause_turn',
  'stop_sequence',
  'odd',
])('%s says why there is none, or may', (word) => {
  expect(evaluate({ finishReasons: [word] })).toBeUndefined()
})

test('without a word of how it ended nothing was promised', () => {
  expect(evaluate({ finishReasons: [] })).toBeUndefined()
})

test('no captured text is empty only where no token was counted, and then it is likely', () => {
  const captured = { delivered: { chars: 0 } }
  expect(evaluate(captured)).toBeUndefined()
  expect(evaluate({ ...captured, usage: { outputTokens: 1 } })).toBeUndefined()
  expect(evaluate({ ...captured, usage: { outputTokens: 0 } })?.confidence).toBe('likely')
})

test('what does not stream is not counted piece by piece', () => {
  expect(evaluate({}, { stream: false })).toBeUndefined()
})
