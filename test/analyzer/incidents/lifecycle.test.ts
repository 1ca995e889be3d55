import * as fc from 'fast-check'
import { assert, describe, expect, test } from 'vitest'

import { fingerprintStory } from '../../../analyzer/incidents/fingerprint.ts'
import type { Incident, IncidentAction } from '../../../analyzer/incidents/incident.ts'
import {
  applyAction,
  applyOccurrence,
  isStillHappening,
  REGRESSION_GRACE_MS,
  STILL_HAPPENING_MS,
  withdrawOccurrence,
} from '../../../analyzer/incidents/lifecycle.ts'
import type { Occurrence } from '../../../analyzer/incidents/occurrence.ts'
import { buildStory } from '../../support/build-story.ts'

const fingerprint = fingerprintStory(buildStory(), { rule: 'fallback-bypassed', cause: 'cut' })

function occurrence(atMs: number, over: Partial<Occurrence> = {}): Occurrence {
  return {
    storyId: `story-${atMs}`,
    fingerprint,
    atMs,
    rule: 'fallback-bypassed',
    severity: 'high',
    confidence: 'certain',
    title: 'Fallback skipped',
    summary: `The request of ${atMs}.`,
    ...over,
  }
}

function fold(atMss: readonly number[], from?: Incident): Incident {
  let incident = from
  for (const atMs of atMss) incident = applyOccurrence(incident, occurrence(atMs))
  assert(incident !== undefined)
  return incident
}

function resolvedAt(atMs: number): Incident {
  return applyAction(fold([10]), { kind: 'resolve', atMs, by: 'ana' })
}

describe('applyOccurrence', () => {
  test('the first request opens the incident', () => {
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
      state: { name: 'open' },
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

  test('the order in which requests arrive does not matter, whatever the state', () => {
    const resolved = resolvedAt(1000)
    const muted = applyAction(fold([10]), { kind: 'mute', atMs: 20, by: 'ana', untilMs: 1000 })
    const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 3 * REGRESSION_GRACE_MS }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(distinct, fc.constantFrom(undefined, resolved, muted), (atMss, from) => {
        const sorted = atMss.toSorted((a, b) => a - b)
        expect(fold(atMss, from)).toEqual(fold(sorted, from))
      }),
    )
  })

  test('an acknowledged incident stays acknowledged while it goes on', () => {
    const acknowledged = applyAction(fold([10]), { kind: 'acknowledge', atMs: 20, by: 'ana' })
    expect(fold([30], acknowledged).state).toEqual({ name: 'acknowledged', sinceMs: 20, by: 'ana' })
  })

  test('a resolved incident regresses on a request after the grace, not at its end', () => {
    const resolved = resolvedAt(1000)
    expect(fold([1000 + REGRESSION_GRACE_MS], resolved).state).toEqual(resolved.state)
    expect(fold([1001 + REGRESSION_GRACE_MS], resolved).state).toEqual({
      name: 'regressed',
      sinceMs: 1001 + REGRESSION_GRACE_MS,
      resolved: resolved.state,
    })
  })

  test('a request from before the resolving that arrives late is counted and regresses nothing', () => {
    const incident = fold([500], resolvedAt(1000))
    expect(incident.state.name).toBe('resolved')
    expect(incident.count).toBe(2)
  })

  test('a muted incident counts on, and opens again when the mute has run out', () => {
    const muted = applyAction(fold([10]), { kind: 'mute', atMs: 20, by: 'ana', untilMs: 100 })
    expect(fold([100], muted)).toMatchObject({ count: 2, state: { name: 'muted' } })
    expect(fold([101], muted).state).toEqual({ name: 'open', reopenedMs: 100 })
  })

  test('a mute without an end stays', () => {
    const muted = applyAction(fold([10]), { kind: 'mute', atMs: 20, by: 'ana' })
    expect(fold([10 ** 12], muted).state).toEqual({ name: 'muted', sinceMs: 20, by: 'ana' })
  })
})

describe('withdrawOccurrence', () => {
  test('an incident whose last request is withdrawn is gone', () => {
    const left = { count: 0, firstSeenMs: 0, lastSeenMs: 0 }
    expect(withdrawOccurrence(fold([10]), left)).toBeUndefined()
  })

  test('counts and times become those of the requests that are left', () => {
    const left = { count: 2, firstSeenMs: 20, lastSeenMs: 30 }
    expect(withdrawOccurrence(fold([10, 20, 30]), left)).toMatchObject(left)
  })

  test('a regression that rested on the withdrawn request alone is taken back', () => {
    const late = 1001 + REGRESSION_GRACE_MS
    const regressed = fold([late], resolvedAt(1000))
    const left = { count: 1, firstSeenMs: 10, lastSeenMs: 10 }
    expect(withdrawOccurrence(regressed, left)?.state).toEqual({
      name: 'resolved',
      sinceMs: 1000,
      by: 'ana',
    })
    const another = { count: 2, firstSeenMs: 10, lastSeenMs: late + 1 }
    expect(withdrawOccurrence(regressed, another)?.state.name).toBe('regressed')
  })
})

describe('applyAction', () => {
  const at = { atMs: 50, by: 'ana' } as const
  test.each<[IncidentAction['kind'], Incident, string]>([
    ['acknowledge', fold([10]), 'acknowledged'],
    ['acknowledge', resolvedAt(20), 'resolved'],
    ['resolve', fold([10]), 'resolved'],
    ['reopen', resolvedAt(20), 'open'],
    ['reopen', fold([10]), 'open'],
    ['mute', resolvedAt(20), 'muted'],
  ])('%s gives the state that a reader expects', (kind, incident, expected) => {
    expect(applyAction(incident, { kind, ...at }).state.name).toBe(expected)
  })

  test('resolving twice keeps who resolved it first', () => {
    const resolved = resolvedAt(20)
    expect(applyAction(resolved, { kind: 'resolve', atMs: 60, by: 'bo' })).toEqual(resolved)
  })
})

describe('isStillHappening', () => {
  test('holds for five minutes after the last request', () => {
    const incident = fold([1000])
    expect(isStillHappening(incident, 1000 + STILL_HAPPENING_MS)).toBe(true)
    expect(isStillHappening(incident, 1001 + STILL_HAPPENING_MS)).toBe(false)
  })
})
