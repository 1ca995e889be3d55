import { expect, test } from 'vitest'

import { continuationUnsafe } from '../../../analyzer/rules/continuation-unsafe.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Finding } from '../../../analyzer/rules/rule.ts'
import type { Attempt, Story, StoryContinuation } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('continuation-unsafe')

const USER_TURN: StoryContinuation = { attempt: 2, strategy: 'user_turn', evidence: [] }
const PREFILL: StoryContinuation = { ...USER_TURN, strategy: 'prefill', prefill: true }

function judge(
  continuation: StoryContinuation,
  { served, ...over }: Partial<Story> & { readonly served?: Partial<Attempt> } = {},
): Finding | undefined {
  const answer = { status: 'ok' as const, delivered: { chars: 80, toolCalls: 0 }, ...served }
  const story = buildStory({
    outcome: 'rescued',
    attempts: [
      buildAttempt({ delivered: { chars: 40, toolCalls: 0 } }),
      buildAttempt({ number: 2, kind: 'fallback', route: 'gpt-fallback', ...answer }),
    ],
    continuations: [continuation],
    ...over,
  })
  return continuationUnsafe.evaluate(story, RULE_OPTIONS)
}

test('one tool offered and no call made is likely, no tool offered is nothing', () => {
  expect(judge({ ...USER_TURN, shape: { tools: 1 } })?.confidence).toBe('likely')
  expect(judge({ ...USER_TURN, shape: { tools: 0 } })).toBeUndefined()
  expect(judge(USER_TURN)).toBeUndefined()
})

test('what the fallback was sent counts before what the client asked for', () => {
  const asked = { tools: 3, toolChoice: 'required' }
  expect(judge(USER_TURN, { asked })?.cause).toMatch(/^tool call required/u)
  expect(
    judge({ ...USER_TURN, shape: { tools: 3, toolChoice: 'none' } }, { asked }),
  ).toBeUndefined()
})

test('only a call that was required makes a prefill with tools unsafe', () => {
  for (const toolChoice of ['required', 'named']) {
    const shape = { tools: 1, toolChoice }
    expect(judge({ ...PREFILL, shape })?.confidence).toBe('certain')
  }
  expect(judge({ ...PREFILL, shape: { tools: 1, toolChoice: 'auto' } })).toBeUndefined()
})

test('a call on the far side of the seam is what was wanted', () => {
  const shape = { tools: 1, toolChoice: 'required' }
  const served = { delivered: { chars: 80, toolCalls: 1 } }
  expect(judge({ ...USER_TURN, shape }, { served })).toBeUndefined()
})

test('an answer without its count is prose by its end, or unknown', () => {
  const shape = { tools: 1 }
  const told = { delivered: {}, finishReasons: ['end_turn'] }
  expect(judge({ ...USER_TURN, shape }, { served: told })?.confidence).toBe('likely')
  const untold = { delivered: {}, finishReasons: ['completed'] }
  expect(judge({ ...USER_TURN, shape }, { served: untold })).toBeUndefined()
})

test('a seam that starts over condemns a prefill, and no user turn', () => {
  expect(judge({ ...PREFILL, aligned: true })?.cause).toMatch(/^prefill ignored/u)
  expect(judge({ ...PREFILL, aligned: false })).toBeUndefined()
  expect(judge({ ...USER_TURN, aligned: true })).toBeUndefined()
})

test('an answer that failed has corrupted nothing', () => {
  const shape = { tools: 1, toolChoice: 'required' }
  expect(judge({ ...USER_TURN, shape }, { served: { status: 'failed' } })).toBeUndefined()
})

test('of a joined story nothing is certain', () => {
  const shape = { tools: 1, toolChoice: 'required' }
  expect(judge({ ...USER_TURN, shape }, { sureness: 'likely' })?.confidence).toBe('likely')
})
