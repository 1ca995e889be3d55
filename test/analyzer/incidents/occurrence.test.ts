import { describe, expect, test } from 'vitest'

import { toOccurrence } from '../../../analyzer/incidents/occurrence.ts'
import type { RuledFinding } from '../../../analyzer/rules/rule.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { buildStory } from '../../support/build-story.ts'

const NOW_MS = 1_800_000_000_000

function ruled(rule: string, severity: RuledFinding['severity'], primary = false): RuledFinding {
  return {
    rule,
    severity,
    primary,
    title: `Title of ${rule}`,
    summary: `Summary of ${rule}.`,
    confidence: 'certain',
    evidence: [],
    cause: 'stream-cut',
  }
}

function occurrenceOf(story: Story, findings: readonly RuledFinding[], nowMs = NOW_MS) {
  return toOccurrence({ story, findings, nowMs })
}

describe('toOccurrence', () => {
  test('a failed request belongs to the incident of its primary finding', () => {
    const findings = [ruled('prefill-rejected', 'high', true), ruled('fallback-exhausted', 'high')]
    const occurrence = occurrenceOf(buildStory(), findings)
    expect(occurrence).toMatchObject({
      storyId: 'story-1',
      rule: 'prefill-rejected',
      severity: 'high',
      atMs: 1_700_000_002_000,
      summary: 'Summary of prefill-rejected.',
    })
    expect(occurrence?.fingerprint.ingredients.rule).toBe('prefill-rejected')
  })

  test('a figure never opens an incident', () => {
    expect(occurrenceOf(buildStory(), [ruled('usage-lost', 'info', true)])).toBeUndefined()
  })

  test('a request without findings belongs to none', () => {
    expect(occurrenceOf(buildStory(), [])).toBeUndefined()
  })

  test('a rescued request does not belong to the incident of what was rescued', () => {
    const story = buildStory({ outcome: 'rescued' })
    expect(occurrenceOf(story, [ruled('prefill-rejected', 'high', true)])).toBeUndefined()
  })

  test('a request whose own span never came belongs to none', () => {
    const story = buildStory({ incomplete: true })
    expect(occurrenceOf(story, [ruled('fallback-exhausted', 'high', true)])).toBeUndefined()
  })

  test('a sender whose clock is ahead cannot put it into the future', () => {
    const findings = [ruled('fallback-exhausted', 'high', true)]
    expect(occurrenceOf(buildStory(), findings, 1_600_000_000_000)?.atMs).toBe(1_600_000_000_000)
  })
})
