import { expect, test } from 'vitest'

import { rescueBrokeClient } from '../../../analyzer/rules/rescue-broke-client.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { ClientView, Story } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { loadRecordings, tellRecording } from '../../support/litellm-recordings.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('rescue-broke-client')

const SERVED = buildAttempt({ number: 2, kind: 'fallback', route: 'gpt-fallback', status: 'ok' })
const EVIDENCE = { spanId: '00000000000000a1', key: 'envelopes', value: '2' }

function judge(envelopes: ClientView['envelopes'], over: Partial<Story> = {}): string | undefined {
  const story = buildStory({
    outcome: 'rescued',
    attempts: [buildAttempt(), SERVED],
    client: { complete: true, errorShown: false, evidence: [], ...(envelopes && { envelopes }) },
    ...over,
  })
  return rescueBrokeClient.evaluate(story, RULE_OPTIONS)?.confidence
}

test('one beginning is right, two are not', () => {
  expect(judge({ value: 1, source: 'span', evidence: EVIDENCE })).toBeUndefined()
  expect(judge({ value: 2, source: 'span', evidence: EVIDENCE })).toBe('certain')
  expect(judge(undefined)).toBeUndefined()
})

test('what follows from the release, or from a joining, is likely at most', () => {
  expect(judge({ value: 2, source: 'release', evidence: EVIDENCE })).toBe('likely')
  expect(judge({ value: 2, source: 'span', evidence: EVIDENCE }, { sureness: 'likely' })).toBe(
    'likely',
  )
})

test('without a second target nobody rescued anything', () => {
  const attempts = [buildAttempt()]
  expect(judge({ value: 2, source: 'span', evidence: EVIDENCE }, { attempts })).toBeUndefined()
})

/**
 * What the recorded client had read is known byte for byte. Where the spans do not name the API
 * (v2 of a router in process, before 1.109), nothing can be said.
 */
test('of recorded rescues it fires on those, and only those, with a second response.created', () => {
  const judged = loadRecordings().flatMap((recording) => {
    const [story] = tellRecording(recording)
    if (story?.outcome !== 'rescued' || story.api === 'unknown') return []
    const fired = rescueBrokeClient.evaluate(story, RULE_OPTIONS) !== undefined
    const began = /(\d+) ?×? ?response\.created/u.exec(recording.whatHappened)?.[1]
    return fired === Number(began ?? 1) > 1 ? [] : [`${recording.id}: ${fired}, ${began}`]
  })
  expect(judged).toEqual([])
})
