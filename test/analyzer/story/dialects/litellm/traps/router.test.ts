import { expect, test } from 'vitest'

import { isError } from '../../../../../../analyzer/story/attributes.ts'
import { tellRecording, type Recording } from '../../../../../support/litellm-recordings.ts'
import {
  callSpans,
  changed,
  recordingsWhere,
  tellOne,
  toldWhere,
} from '../../../../../support/select-recordings.ts'

// LiteLLM's Router in process (measured: its own page): no proxy, no SERVER span, no root.

const traces = ({ spans }: Recording): number => new Set(spans.map(({ traceId }) => traceId)).size
const appSpan = ({ spans }: Recording) => spans.find(({ name }) => name === 'checkout')
const raws = ({ spans }: Recording): number =>
  spans.filter(({ name }) => name === 'raw_gen_ai_request').length

test('each attempt is a trace of its own: together they are one request, likely at most', () => {
  const apart = toldWhere(
    /\/sdk-/u,
    (one) => one.verdict.startsWith('RESCUED') && traces(one) > 1 && appSpan(one) === undefined,
  )
  for (const { story } of apart) {
    expect([story.outcome, story.sureness]).toEqual(['rescued', 'likely'])
    expect(story.traceIds.length).toBeGreaterThan(1)
  }
})

test('a second later the next attempt is a request of its own', () => {
  const apart = recordingsWhere(
    /\/sdk-v1$/u,
    (one) => one.verdict.startsWith('RESCUED') && traces(one) === 2 && appSpan(one) === undefined,
  )
  for (const recording of apart) {
    const second = callSpans(recording).at(-1)?.traceId
    const late = changed(recording, (span) =>
      span.traceId === second
        ? {
            ...span,
            startTimeNs: span.startTimeNs + 1_000_000_000n,
            endTimeNs: span.endTimeNs + 1_000_000_000n,
          }
        : span,
    )
    expect(tellRecording(late).map(({ outcome }) => outcome)).not.toContain('rescued')
  }
})

test('v1 writes into the application’s span: its ERROR is the first attempt’s, and it is rescued', () => {
  const written = toldWhere(/\/sdk-v1$/u, (one) => {
    const span = appSpan(one)
    return (
      one.verdict.startsWith('RESCUED') &&
      span !== undefined &&
      isError(span) &&
      span.attributes.has('litellm.call_id') &&
      raws(one) === 1
    )
  })
  for (const { story } of written) {
    expect(story.outcome).toBe('rescued')
    expect(story.attempts.map(({ status }) => status)).toEqual(['failed', 'ok'])
  }
})

test('without what was sent upstream afterwards, the same span is a failure or unknown', () => {
  const written = recordingsWhere(/\/sdk-v1$/u, (one) => {
    const span = appSpan(one)
    return (
      one.verdict.startsWith('RESCUED') &&
      traces(one) === 1 &&
      span !== undefined &&
      isError(span) &&
      span.attributes.has('litellm.call_id')
    )
  })
  for (const recording of written) {
    const bare = changed(recording, (span) =>
      span.name === 'raw_gen_ai_request' ? undefined : span,
    )
    expect(['failed', 'unknown']).toContain(tellOne(bare).story.outcome)
  }
})

test('two calls in one application span overwrite each other: no failure is claimed', () => {
  const once = recordingsWhere(
    /\/sdk-v1$/u,
    (one) =>
      one.verdict.startsWith('RESCUED') &&
      appSpan(one)?.attributes.has('litellm.call_id') === true &&
      raws(one) === 1,
  )
  for (const recording of once) {
    const [raw] = recording.spans.filter(({ name }) => name === 'raw_gen_ai_request')
    if (raw === undefined) throw new Error('there is none')
    const later = raw.endTimeNs + 50_000_000n
    const second = { ...raw, spanId: 'f'.repeat(16), startTimeNs: raw.endTimeNs, endTimeNs: later }
    const spans = recording.spans.map((span) =>
      // The last writer's status.
      span === appSpan(recording)
        ? { ...span, endTimeNs: later, status: { code: 'ok' as const, message: '' } }
        : span,
    )
    const outcomes = tellRecording({ ...recording, spans: [...spans, second] }).map(
      ({ outcome }) => outcome,
    )
    expect(outcomes).not.toContain('failed')
  }
})

test('an explicit parent keeps both attempts in one trace, below a span that stays the application’s', () => {
  const parented = toldWhere(
    /\/sdk-v1$/u,
    (one) => one.spans.some(({ name }) => name === 'router') && callSpans(one).length === 2,
  )
  for (const { story } of parented) {
    expect([story.outcome, story.traceIds.length]).toEqual(['rescued', 1])
    expect(story.attempts.map(({ kind }) => kind)).toEqual(['initial', 'fallback'])
  }
})

test('v2 keeps to itself: one trace of two resources is one request', () => {
  const beside = toldWhere(
    /\/sdk-v2$/u,
    (one) => one.verdict.startsWith('RESCUED') && traces(one) === 1 && appSpan(one) !== undefined,
  )
  for (const { story } of beside) {
    expect([story.outcome, story.attempts.length]).toEqual(['rescued', 2])
  }
})

test('the application’s exception alone says that a call failed, and no more', () => {
  const left = toldWhere(
    /\/sdk-v1$/u,
    (one) =>
      callSpans(one).length === 0 &&
      appSpan(one)?.attributes.has('litellm.call_id') === false &&
      raws(one) === 0 &&
      appSpan(one)?.events.some(({ name }) => name === 'exception') === true,
  )
  for (const { story } of left) {
    expect(story.outcome).toBe('failed')
    expect(story.indistinguishable).toBe(true)
  }
})

const outcomesBy = (mode: RegExp): ReadonlyMap<string, readonly string[]> =>
  new Map(
    toldWhere(mode, () => true).map(({ recording, story }) => [
      `${recording.api} ${recording.whatHappened}`,
      [story.outcome],
    ]),
  )

test('v1 and v2 of one release tell the same of the same', () => {
  const second = outcomesBy(/^1\.109\.1\/sdk-v2$/u)
  let compared = 0
  for (const [what, [outcome = '']] of outcomesBy(/^1\.109\.1\/sdk-v1$/u)) {
    const [other = 'unknown'] = second.get(what) ?? []
    if (outcome === 'unknown' || other === 'unknown') continue
    compared += 1
    expect([what, other]).toEqual([what, outcome])
  }
  expect(compared).toBeGreaterThan(0)
})
