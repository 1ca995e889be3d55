import { expect, test } from 'vitest'

import { SourceClocks } from '../../../analyzer/ingest/source-clocks.ts'

const NOW_MS = 1_760_000_000_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A sender whose newest span ended so much later than it came, each time; how it looks then. */
function watch(aheadMs: readonly number[], everyMs: number) {
  const clocks = new SourceClocks()
  let receivedAtMs = NOW_MS
  for (const each of aheadMs) {
    clocks.note('eu', { endMs: receivedAtMs + each, receivedAtMs })
    receivedAtMs += everyMs
  }
  return clocks.off(receivedAtMs)
}

const minutes = (count: number, aheadMs: number): readonly number[] =>
  Array.from({ length: count }, () => aheadMs)

test.each([
  ['a day ahead', 24 * HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('a clock that is %s is told, with by how much', (_, aheadMs) => {
  expect(watch(minutes(3, aheadMs), MINUTE_MS)).toEqual([{ source: 'eu', aheadMs }])
})

test.each([
  ['batches', -5000],
  ['a queue that holds spans back for minutes', -14 * MINUTE_MS],
  ['a clock some seconds ahead', 30_000],
])('nothing is said of %s', (_, aheadMs) => {
  expect(watch(minutes(30, aheadMs), MINUTE_MS)).toEqual([])
})

test('spans that come late beside others of now say nothing of a clock', () => {
  const mixed = Array.from({ length: 60 }, (_, at) => (at % 5 === 0 ? -1000 : -3 * HOUR_MS))
  expect(watch(mixed, MINUTE_MS)).toEqual([])
})

test('what comes first after an outage is old, and is not taken for a wrong clock', () => {
  expect(watch(minutes(5, -2 * HOUR_MS), 10_000)).toEqual([])
})

test('a clock that was set right is told for ten minutes at the most', () => {
  expect(watch([...minutes(30, HOUR_MS), ...minutes(4, 0)], MINUTE_MS)).toHaveLength(1)
  expect(watch([...minutes(30, HOUR_MS), ...minutes(13, 0)], MINUTE_MS)).toEqual([])
})

test('each source has a clock of its own, and one that rested is watched anew', () => {
  const clocks = new SourceClocks()
  for (let at = 0; at < 5; at += 1) {
    const receivedAtMs = NOW_MS + at * MINUTE_MS
    clocks.note('eu', { endMs: receivedAtMs, receivedAtMs })
    clocks.note('us', { endMs: receivedAtMs - HOUR_MS, receivedAtMs })
  }
  expect(clocks.off(NOW_MS + 5 * MINUTE_MS)).toEqual([{ source: 'us', aheadMs: -HOUR_MS }])
  const receivedAtMs = NOW_MS + HOUR_MS
  clocks.note('us', { endMs: receivedAtMs - HOUR_MS, receivedAtMs })
  expect(clocks.off(receivedAtMs)).toEqual([])
})

test('a clock of this machine that is put back begins anew', () => {
  const clocks = new SourceClocks()
  clocks.note('eu', { endMs: NOW_MS, receivedAtMs: NOW_MS })
  const receivedAtMs = NOW_MS - HOUR_MS
  clocks.note('eu', { endMs: NOW_MS, receivedAtMs })
  expect(clocks.off(receivedAtMs)).toEqual([])
  expect(clocks.off(receivedAtMs + MINUTE_MS)).toEqual([{ source: 'eu', aheadMs: HOUR_MS }])
})
