import * as fc from 'fast-check'
import { assert, describe, expect, test } from 'vitest'

import { fingerprintStory } from '../../../analyzer/incidents/fingerprint.ts'
import type { Incident } from '../../../analyzer/incidents/incident.ts'
import type { Occurrence } from '../../../analyzer/incidents/occurrence.ts'
import { isStillHappening, sight, STILL_HAPPENING_MS } from '../../../analyzer/incidents/sight.ts'
import { buildStory } from '../../support/build-story.ts'

const fingerprint = fingerprintStory(buildStory(), { rule: 'fallback-bypassed', cause: 'cut' })

function occurrence(atMs: number): Occurrence {
  return {
    storyId: `story-${atMs}`,
    fingerprint,
    atMs,
    rule: 'fallback-bypassed',
    severity: 'high',
    confidence: 'certain',
    title: 'Fallback skipped',
    summary: `The request of ${atMs}.`,
  }
}

function fold(atMss: readonly number[]): Incident {
  let incident: Incident | undefined
  for (const atMs of atMss) incident = sight(incident, occurrence(atMs))
  assert(incident !== undefined)
  return incident
}

describe('sight', () => {
  test('the first request makes the incident', () => {
    expect(fold([1000])).toEqual({
      fingerprint,
      rule: 'fallback-bypassed',
      severity: 'high',
      title: 'Fallback skipped',
      confidence: 'certain',
      summary: 'The request of 1000.',
      count: 1,
      firstSeenMs: 1000,
      lastSeenMs: 1000,
    })
  })

  test('a late request moves the first sight back, and the newest one is what is shown', () => {
    expect(fold([2000, 1000, 1500])).toMatchObject({
      count: 3,
      firstSeenMs: 1000,
      lastSeenMs: 2000,
      summary: 'The request of 2000.',
    })
  })

  test('the order in which requests arrive does not matter', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(distinct, (atMss) => {
        expect(fold(atMss)).toEqual(fold(atMss.toSorted((a, b) => a - b)))
      }),
    )
  })
})

test('an incident is still happening for five minutes after its last request', () => {
  const incident = fold([1000])
  expect(isStillHappening(incident, 1000 + STILL_HAPPENING_MS)).toBe(true)
  expect(isStillHappening(incident, 1001 + STILL_HAPPENING_MS)).toBe(false)
})
