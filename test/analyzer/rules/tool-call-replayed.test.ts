import { expect, test } from 'vitest'

import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import { toolCallReplayed } from '../../../analyzer/rules/tool-call-replayed.ts'
import type { Story, StoryContinuation } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('tool-call-replayed')

const RESTART: StoryContinuation = { attempt: 2, strategy: 'restart', evidence: [] }

function judge(over: Partial<Story>): string | undefined {
  return toolCallReplayed.evaluate(buildStory(over), RULE_OPTIONS)?.confidence
}

const SERVED = buildAttempt({ number: 2, kind: 'fallback', route: 'gpt-fallback', status: 'ok' })
const CALLED = { delivered: { toolCalls: 1 } }

test('one call on each side of the break is a replay, one on either side is none', () => {
  const judged = [0, 1].map((before) =>
    [0, 1].map((after) =>
      judge({
        attempts: [
          buildAttempt({ delivered: { toolCalls: before } }),
          { ...SERVED, delivered: { toolCalls: after } },
        ],
        continuations: [RESTART],
      }),
    ),
  )
  expect(judged).toEqual([
    [undefined, undefined],
    [undefined, 'certain'],
  ])
})

test('a call is told by its kind or by the end of the answer where nobody counted', () => {
  const broken = buildAttempt({ delivered: { kinds: ['text', 'tool_call'] } })
  for (const finish of ['tool_calls', 'tool_use', 'function_call']) {
    const attempts = [broken, { ...SERVED, finishReasons: [finish] }]
    expect(judge({ attempts, continuations: [RESTART] })).toBe('certain')
  }
  expect(
    judge({ attempts: [broken, { ...SERVED, finishReasons: ['stop'] }], continuations: [RESTART] }),
  ).toBeUndefined()
})

test('without its joining, its continuation or its count it is likely at most', () => {
  const attempts = [buildAttempt(CALLED), { ...SERVED, ...CALLED }]
  expect(judge({ attempts, continuations: [RESTART], sureness: 'likely' })).toBe('likely')
  expect(judge({ attempts })).toBe('likely')
})

test('what LiteLLM had delivered follows from how it went on, what another had does not', () => {
  const attempts = [buildAttempt(), { ...SERVED, ...CALLED }]
  const litellm = { name: 'litellm' } as const
  expect(judge({ attempts, continuations: [RESTART], gateway: litellm })).toBe('likely')
  expect(judge({ attempts, continuations: [RESTART], gateway: { name: 'other' } })).toBeUndefined()
  expect(judge({ attempts, gateway: litellm })).toBeUndefined()
})

test('an answer that was broken off by the client is no replay of the one before', () => {
  const attempts = [buildAttempt({ ...CALLED, status: 'cancelled' }), { ...SERVED, ...CALLED }]
  expect(judge({ attempts, continuations: [RESTART] })).toBeUndefined()
})

test('the second of three targets is found too', () => {
  const attempts = [
    buildAttempt({ delivered: { toolCalls: 0 } }),
    buildAttempt({ number: 2, kind: 'fallback', ...CALLED }),
    { ...SERVED, number: 3, ...CALLED },
  ]
  expect(judge({ attempts, continuations: [{ ...RESTART, attempt: 3 }] })).toBe('certain')
})
