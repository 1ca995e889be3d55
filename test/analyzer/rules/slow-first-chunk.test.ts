import { expect, test } from 'vitest'

import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import { slowFirstChunk } from '../../../analyzer/rules/slow-first-chunk.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('slow-first-chunk')

const judged = (story: Partial<Story>, slowFirstContentMs = 1000) =>
  slowFirstChunk.evaluate(buildStory({ outcome: 'ok', attempts: [], ...story }), {
    ...RULE_OPTIONS,
    slowFirstContentMs,
  })
const client = buildStory().client

test('the limit itself is not too late, a millisecond more is', () => {
  expect(judged({ client: { ...client, timeToFirstContentMs: 1000 } })).toBeUndefined()
  expect(judged({ client: { ...client, timeToFirstContentMs: 1001 } })?.cause).toBe('slow target')
})

test('the limit is the site’s own', () => {
  const story = { client: { ...client, timeToFirstContentMs: 1001 } }
  expect(judged(story, 2000)).toBeUndefined()
})

test('what an attempt took counts where nothing tells what the client waited', () => {
  const failed = buildAttempt({ status: 'failed' })
  const slow = buildAttempt({ number: 2, status: 'ok', timeToFirstContentMs: 1001 })
  expect(judged({ attempts: [failed, slow] })).toMatchObject({
    cause: 'slow rescue',
    evidence: [{ spanId: slow.spanId, value: '1001 ms' }],
  })
})

test('a client that left has waited for as long as it stayed, where it is known to have read nothing', () => {
  const { startTimeNs } = buildStory()
  const left = (ms: bigint, chunks?: number) =>
    judged({
      outcome: 'cancelled',
      attempts: [buildAttempt({ delivered: chunks === undefined ? {} : { chunks } })],
      client: { ...client, goneTimeNs: startTimeNs + ms * 1_000_000n },
    })
  expect(left(1001n, 0)?.cause).toBe('client gave up waiting')
  expect(left(1000n, 0)).toBeUndefined()
  expect(left(1001n, 3)).toBeUndefined()
  expect(left(1001n)).toBeUndefined()
})
