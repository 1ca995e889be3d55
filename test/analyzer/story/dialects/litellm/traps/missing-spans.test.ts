import { expect, test } from 'vitest'

import {
  callSpans,
  changed,
  recordingsWhere,
  serverOf,
  tellOne,
  toldWhere,
} from '../../../../../support/select-recordings.ts'
import { tellRecording } from '../../../../../support/litellm-recordings.ts'

// What LiteLLM never exports, although it happened (measured: litellm-by-release).

const isRescued = ({ verdict }: { readonly verdict: string }): boolean =>
  verdict.startsWith('RESCUED')

test('a request whose root was never exported is unknown, and nothing is found', () => {
  const rootless = toldWhere(/^1\.(?:83|90)\.\d+\/v1/u, (one) => serverOf(one) === undefined)
  expect(rootless.map(({ story }) => story.outcome)).toEqual(rootless.map(() => 'unknown'))
  expect(
    rootless.flatMap(({ findings }) => findings.map(({ severity }) => severity)),
  ).not.toContain('high')
})

test('its API is known all the same: the span of the key’s check names the path', () => {
  const rootless = toldWhere(/^1\.(?:83|90)\.\d+\/v1/u, (one) => serverOf(one) === undefined)
  expect(rootless.map(({ story }) => story.api)).toEqual(
    rootless.map(({ recording }) => recording.api),
  )
})

test('a SERVER span without a call below it is unknown, and no failure', () => {
  const callless = toldWhere(
    /^1\.90\.7\/v2/u,
    (one) => serverOf(one) !== undefined && callSpans(one).length === 0,
  )
  for (const { recording, story, findings } of callless) {
    expect([story.outcome, findings.filter(({ severity }) => severity === 'high')]).toEqual([
      recording.expected.outcome.includes('unknown') ? 'unknown' : story.outcome,
      [],
    ])
  }
})

test('a bridged call in a trace of its own belongs to its request, and that is likely at most', () => {
  const split = toldWhere(/^1\.83\.14\/v1/u, ({ spans, api }) => {
    const traces = new Set(spans.map(({ traceId }) => traceId))
    return api === 'responses' && traces.size > 1
  })
  for (const { story } of split) {
    expect(story.traceIds).toHaveLength(2)
    expect(story.sureness).toBe('likely')
  }
})

test('such a call of another process is not this request’s', () => {
  const split = recordingsWhere(/^1\.83\.14\/v1/u, ({ spans, api }) => {
    const traces = new Set(spans.map(({ traceId }) => traceId))
    return api === 'responses' && traces.size > 1
  })
  for (const recording of split) {
    const elsewhere = changed(recording, (span) =>
      span.parentSpanId === '' && span.name === 'litellm_request'
        ? { ...span, resource: new Map([...span.resource, ['host.name', 'another']]) }
        : span,
    )
    expect(tellRecording(elsewhere)).toHaveLength(2)
  }
})

test('1.109 loses the attempt that served: the pick of a fallback and an untroubled SERVER tell of it', () => {
  const lost = toldWhere(
    /^1\.109\.1\/v2$/u,
    (one) => isRescued(one) && one.api === 'messages' && callSpans(one).length === 1,
  )
  expect(lost.map(({ story }) => story.outcome)).toEqual(lost.map(() => 'rescued'))
})

test('without the picks it is unknown, and never a failure', () => {
  const lost = recordingsWhere(
    /^1\.109\.1\/v2$/u,
    (one) => isRescued(one) && one.api === 'messages' && callSpans(one).length === 1,
  )
  for (const recording of lost) {
    const without = changed(recording, (span) =>
      span.name.startsWith('route ') ? undefined : { ...span, events: [] },
    )
    expect(tellOne(without).story.outcome).toBe('unknown')
  }
})

test('1.109 merges two hops into one span: their number is the picks’, and they were tried', () => {
  const merged = toldWhere(/^1\.109\.1\/v2$/u, (one) => {
    const picks = serverOf(one)?.events.filter(({ name }) => name.endsWith('deployment_selected'))
    return isRescued(one) && (picks?.length ?? 0) > callSpans(one).length
  })
  for (const { story } of merged) {
    expect([story.outcome, story.fallbacks.tried]).toEqual(['rescued', true])
    expect(story.attemptsComplete).toBe(false)
  }
})

test('up to 1.97 v1 exports the first failure only: that a fallback was not tried is then not said', () => {
  const both = toldWhere(
    /^1\.9\d\.\d+\/v1$/u,
    (one) => one.verdict === 'FALLBACK_ALSO_FAILED' && callSpans(one).length === 1,
  )
  for (const { story } of both) expect(story.fallbacks.tried).not.toBe(false)
})

test('a call that was never closed leaves nothing: a hang is unknown, and nothing is found', () => {
  const hung = toldWhere(/./u, ({ verdict }) => verdict.startsWith('HANG'))
  for (const { story, findings } of hung) {
    expect(['unknown', 'ok', 'cancelled']).toContain(story.outcome)
    expect(findings.filter(({ severity }) => severity === 'high')).toEqual([])
  }
})
