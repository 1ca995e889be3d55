import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { FINGERPRINT_VERSION, fingerprintStory } from '../../../analyzer/incidents/fingerprint.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'

const finding = { rule: 'fallback-bypassed', cause: 'stream-cut mid_stream' }

function fingerprintOf([rule, source, route, cause]: readonly [string, string, string, string]) {
  return fingerprintStory(buildStory({ source, route, attempts: [] }), { rule, cause })
}

describe('fingerprintStory', () => {
  test('is made of class, source, route edge, provider and cause, and shows them', () => {
    const story = buildStory({
      source: 'litellm',
      fallbacks: { tried: false, configured: { value: ['gpt', 'gemini'], source: 'config' } },
    })
    expect(fingerprintStory(story, finding)).toEqual({
      version: FINGERPRINT_VERSION,
      id: expect.stringMatching(/^inc-[0-9a-f]{16}$/u),
      ingredients: {
        rule: 'fallback-bypassed',
        source: 'litellm',
        from: 'claude-primary',
        to: 'gpt',
        provider: 'anthropic',
        cause: 'stream-cut mid_stream',
      },
    })
  })

  test('keeps its id over releases of the analyzer, unless its version is raised', () => {
    // This id stands in databases: if this test fails, FINGERPRINT_VERSION has to be raised.
    expect(fingerprintStory(buildStory(), finding).id).toBe('inc-f72a1f4ec8a06b26')
  })

  test('names the route that was asked before the one that is configured', () => {
    const attempts = [
      buildAttempt(),
      buildAttempt({ number: 2, kind: 'fallback', route: 'gemini' }),
    ]
    const configured = { value: ['gpt', 'gemini'], source: 'span' } as const
    const story = buildStory({ attempts, fallbacks: { tried: true, configured } })
    expect(fingerprintStory(story, finding).ingredients.to).toBe('gemini')
  })

  test('takes an attempt of unknown kind on another route for a fallback', () => {
    const attempts = [
      buildAttempt({ kind: 'unknown' }),
      buildAttempt({ number: 2, kind: 'unknown', route: 'gemini' }),
    ]
    expect(fingerprintStory(buildStory({ attempts }), finding).ingredients.to).toBe('gemini')
  })

  test('names the configured fallback where the one that was asked bears the name of its route', () => {
    const attempts = [buildAttempt(), buildAttempt({ number: 2, kind: 'fallback' })]
    const configured = { value: ['claude-primary', 'gpt'], source: 'config' } as const
    const story = buildStory({ attempts, fallbacks: { tried: true, configured } })
    expect(fingerprintStory(story, finding).ingredients.to).toBe('gpt')
    expect(fingerprintStory(buildStory({ attempts }), finding).ingredients.to).toBe('')
  })

  test('names the provider of the root cause, not of an earlier attempt that was well', () => {
    const attempts = [
      buildAttempt({ status: 'unknown', provider: 'openai' }),
      buildAttempt({ number: 2, provider: 'anthropic' }),
    ]
    expect(fingerprintStory(buildStory({ attempts }), finding).ingredients.provider).toBe(
      'anthropic',
    )
  })

  test('gives two requests of one outage the same id', () => {
    const one = fingerprintStory(buildStory({ id: 'a', startTimeNs: 1n }), {
      rule: 'fallback-exhausted',
      cause: 'read ECONNRESET 10.0.0.1:40312',
    })
    const other = fingerprintStory(buildStory({ id: 'b', startTimeNs: 2n }), {
      rule: 'fallback-exhausted',
      cause: 'read ECONNRESET 10.0.0.7:40999',
    })
    expect(one.id).toBe(other.id)
  })

  test('never gives two different sets of ingredients one id, whatever the names hold', () => {
    const name = fc.constantFrom('a', 'b', 'a","b', 'a,b', '', '[', '"', '\\', '__proto__')
    const parts = fc.tuple(name, name, name, name)
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other)
        expect(fingerprintOf(one).id === fingerprintOf(other).id).toBe(same)
      }),
      { numRuns: 2000 },
    )
  })

  test('cuts a name that is too long, and takes a request without attempts', () => {
    const story = buildStory({ route: 'r'.repeat(10_000), attempts: [] })
    const { ingredients } = fingerprintStory(story, finding)
    expect(ingredients.from).toHaveLength(200)
    expect(ingredients.provider).toBe('')
  })
})
