import { expect, test } from 'vitest'

import {
  dueAtMs,
  neighboursOf,
  NOTHING_ARRIVED,
  SETTLE_MS,
  INCOMPLETE_AFTER_MS,
  withArrival,
  type Arrival,
} from '../../../analyzer/story/settle.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { loadRecordings, tellRecording } from '../../support/litellm-recordings.ts'

const recordings = loadRecordings()

/** What a store does with the ranges: the same questions, asked of a list. */
function gather(all: readonly (readonly Span[])[], start: readonly Span[]): ReadonlySet<string> {
  const found = new Set<string>()
  const queue = [start]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const id = next[0]?.traceId ?? ''
    if (found.has(id)) continue
    found.add(id)
    const ranges = neighboursOf(next)
    if (ranges === undefined) continue
    const { failedIn, startedIn } = ranges
    for (const trace of all) {
      const failed = trace.some(
        (span) =>
          failedIn !== undefined &&
          span.status.code === 'error' &&
          span.endTimeNs >= failedIn.fromNs &&
          span.endTimeNs <= failedIn.toNs,
      )
      const begin = trace.reduce(
        (least, span) => (span.startTimeNs < least ? span.startTimeNs : least),
        trace[0]?.startTimeNs ?? 0n,
      )
      const started =
        startedIn !== undefined && begin >= startedIn.fromNs && begin <= startedIn.toNs
      if (failed || started) queue.push(trace)
    }
  }
  return found
}

function dueOf(arrivals: readonly Arrival[], settleMs?: number): number {
  return dueAtMs(arrivals.reduce(withArrival, NOTHING_ARRIVED), settleMs)
}

function tracesOf(spans: readonly Span[]): readonly (readonly Span[])[] {
  return [...new Set(spans.map((span) => span.traceId))].map((traceId) =>
    spans.filter((span) => span.traceId === traceId),
  )
}

test('every trace of a request is found from each of its traces', () => {
  const lost = recordings.flatMap((recording) => {
    const traces = tracesOf(recording.spans)
    return tellRecording(recording).flatMap((story) =>
      traces
        .filter((trace) => story.traceIds.includes(trace[0]?.traceId ?? ''))
        .filter((trace) => {
          const found = gather(traces, trace)
          return story.traceIds.some((traceId) => !found.has(traceId))
        })
        .map(() => recording.id),
    )
  })
  expect(lost).toEqual([])
})

test('a request to a proxy that has its attempts below it asks for no other trace', () => {
  const proxies = recordings.filter(({ id }) => /^1\.(?:9|10)\d?\.\d+\/v[12]/u.test(id))
  const asked = proxies.filter(
    ({ spans }) =>
      spans.some((span) => span.kind === 'server') &&
      spans.some((span) => span.name.startsWith('litellm_request') || span.kind === 'client') &&
      tracesOf(spans).some((trace) => neighboursOf(trace) !== undefined),
  )
  expect(asked.map(({ id }) => id)).toEqual([])
})

test('a trace of LiteLLM is due when nothing of it has come for the settling time', () => {
  const [any] = recordings[0]?.spans ?? []
  if (any === undefined) throw new Error('the recording is empty')
  const root = { ...any, name: 'Received Proxy Server Request', kind: 'server' as const }
  expect(dueOf([])).toBe(Infinity)
  const arrivals = [
    { span: { ...root, name: 'auth', kind: 'internal' as const }, receivedAtMs: 1000 },
    { span: root, receivedAtMs: 4000 },
  ]
  expect(dueOf(arrivals)).toBe(4000 + SETTLE_MS)
  expect(dueOf(arrivals.toReversed(), 50)).toBe(4050)
})

test('a request to a proxy is waited for as long as its end may come, and no other is', () => {
  const wrong = recordings.flatMap((recording) =>
    tellRecording(recording).flatMap((story) => {
      const own = recording.spans.filter(({ traceId }) => story.traceIds.includes(traceId))
      const waitedMs = dueOf(own.map((span) => ({ span, receivedAtMs: 0 })))
      // A SERVER span is the end, even where no attempt tells what it was.
      const ended = !story.incomplete || own.some(({ kind }) => kind === 'server')
      return waitedMs === (ended ? SETTLE_MS : INCOMPLETE_AFTER_MS)
        ? []
        : [`${recording.id}: ${waitedMs}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('a trace of ours is due after its request span, or when that will never come', () => {
  const [any] = recordings[0]?.spans ?? []
  if (any === undefined) throw new Error('the recording is empty')
  const ours = { ...any, kind: 'client' as const, scope: { name: 'secondwind', version: '' } }
  expect(dueOf([{ span: ours, receivedAtMs: 1000 }])).toBe(1000 + INCOMPLETE_AFTER_MS)
  expect(
    dueOf([
      { span: ours, receivedAtMs: 9000 },
      { span: { ...ours, kind: 'server' }, receivedAtMs: 1000 },
    ]),
  ).toBe(3000)
})

test('ours behind LiteLLM: its own spans are waited for, which come in later', () => {
  const [any] = recordings[0]?.spans ?? []
  if (any === undefined) throw new Error('the recording is empty')
  const ours = { ...any, kind: 'server' as const, scope: { name: 'secondwind', version: '' } }
  const auth = { ...any, name: 'auth', kind: 'internal' as const }
  const root = { ...any, name: 'Received Proxy Server Request', kind: 'server' as const }
  const begun = [
    { span: ours, receivedAtMs: 1000 },
    { span: auth, receivedAtMs: 2000 },
  ]
  // Our SERVER span says nothing of how the request to LiteLLM ended.
  expect(dueOf(begun)).toBe(2000 + INCOMPLETE_AFTER_MS)
  expect(dueOf([...begun, { span: root, receivedAtMs: 6000 }])).toBe(6000 + SETTLE_MS)
})
