import { expect, test } from 'vitest'

import { toldWhere, type Told } from '../../../../../support/select-recordings.ts'

// `enable_mid_stream_fallback_continuation` never goes on after a tool call, nor after a time-out
// (measured iv.24). No span says that it is on: what it did is told as what happened.

const CONTINUES = /^1\.109\.1\/v[12]-continuation$/u
const BYPASSED = ['fallback-bypassed', 'aresponses-fallback-bypassed']

const brokenBy = (what: RegExp): readonly Told[] =>
  toldWhere(
    CONTINUES,
    ({ verdict, whatHappened }) =>
      verdict === 'NO_FALLBACK_AFTER_CONTENT' && what.test(whatHappened),
  )

const rulesOf = ({ findings }: Told): readonly string[] => findings.map(({ rule }) => rule)

test.each([
  ['a tool call', /after tool call|function_call delivered/u],
  ['a time-out', /stall/u],
])('after %s the fallback was passed by, and nothing refused it', (_, what) => {
  for (const told of brokenBy(what)) {
    expect(told.story).toMatchObject({
      outcome: 'failed',
      attempts: [{ status: 'failed' }],
      fallbacks: { tried: false },
    })
    expect(told.story.fallbacks.skipped).toBeUndefined()
    expect(rulesOf(told).filter((rule) => BYPASSED.includes(rule))).toHaveLength(1)
    expect(rulesOf(told)).not.toContain('no-eligible-deployment')
  }
})

test('nor is any of it told as a tool call that was made twice, or as an unsafe continuation', () => {
  for (const told of brokenBy(/after tool call|function_call delivered|stall/u)) {
    expect(rulesOf(told)).not.toContain('tool-call-replayed')
    expect(rulesOf(told)).not.toContain('continuation-unsafe')
    expect(told.story.continuations).toEqual([])
  }
})

test('after text, the same setting goes on: that is a rescue, and no bypass', () => {
  const continued = toldWhere(
    CONTINUES,
    ({ verdict }) => verdict === 'RESCUED_MID_STREAM_BY_CONTINUATION',
  )
  for (const told of continued) {
    expect(told.story).toMatchObject({ outcome: 'rescued', fallbacks: { tried: true } })
    expect(rulesOf(told).filter((rule) => BYPASSED.includes(rule))).toEqual([])
  }
})

test('after text, a fallback that its gate refused is told as refused, and not as passed by', () => {
  const gated = brokenBy(/text deltas/u).filter(
    ({ story }) => story.fallbacks.notTried?.value === 'targets_unavailable',
  )
  expect(gated.length).toBeGreaterThan(0)
  for (const told of gated) {
    expect(rulesOf(told)).toContain('no-eligible-deployment')
    expect(rulesOf(told).filter((rule) => BYPASSED.includes(rule))).toEqual([])
  }
})
